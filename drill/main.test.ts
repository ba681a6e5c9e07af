import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'

const started: ChildProcess[] = []
afterEach(() => {
  for (const drill of started.splice(0)) drill.kill()
})

/** In a process group of its own, as a shell starts a command. */
function start(args: string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
  const main = join(import.meta.dirname, 'main.ts')
  const drill = spawn(process.execPath, ['--import', 'tsx', main, ...args], { env, detached: true })
  started.push(drill)
  return drill
}

async function end(drill: ChildProcess): Promise<{ code: number; out: string; err: string }> {
  const [out, err, [code]] = await Promise.all([
    text(drill.stdout!),
    text(drill.stderr!),
    once(drill, 'exit'),
  ])
  return { code: code as number, out, err }
}

describe('npm run drill', () => {
  it('ends with 2 when it is asked for nothing', async () => {
    const { code, out, err } = await end(start(['--only', 'typo']))
    expect(err).toContain('--only typo')
    expect(out).toBe('')
    expect(code).toBe(2)
  })

  it('ends with 1 and says why when no round could be done', async () => {
    const { code, out } = await end(start(['--short'], { ...process.env, PATH: '/nowhere' }))
    expect(out).toMatch(/\w+\n0 rounds in \d+ s\n$/)
    expect(code).toBe(1)
  }, 60_000)

  it('ends after the round that is under way at Ctrl-C, with the table', async () => {
    const drill = start(['--only', 'worker killed', '--kills', '50', '--links', '0'])
    const ended = end(drill)
    await once(drill.stderr!, 'data')
    process.kill(-drill.pid!, 'SIGINT')
    const { code, out, err } = await ended
    expect(err).toBe('1 of 50 rounds\n')
    expect(out).toMatch(/^fault .+\nworker killed +2 .+\n\n2 rounds in \d+ s\n$/)
    expect(code).toBe(0)
  }, 180_000)
})
