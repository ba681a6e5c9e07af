import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const REPOSITORY = join(import.meta.dirname, '../../../..')

/** A process with a drain that takes a moment to stop, as a server that is asked to end while people press. */
async function program(
  more: string,
  options = '{}',
  before = '',
): Promise<{ out: string; signal: string | null; code: number | null }> {
  const source = `
    import { startDrain } from ${JSON.stringify(join(import.meta.dirname, 'start-drain.ts'))}
    const drainer = {
      start: () => console.log('started'),
      stop: () => new Promise(resolve => setTimeout(() => resolve(console.log('drained')), 20)),
    }
    const forever = setInterval(() => {}, 1000)
    ${before}
    const stop = startDrain({ drainer }, ${options})
    ${more}
    console.log('ready')`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], {
    cwd: REPOSITORY,
  })
  let out = ''
  child.stderr.on('data', chunk => {
    out += chunk
  })
  child.stdout.on('data', chunk => {
    out += chunk
    if (out.endsWith('ready\n')) child.kill('SIGTERM')
  })
  const [code, signal] = await new Promise<[number | null, string | null]>(resolve =>
    child.once('close', (...ended) => resolve(ended)),
  )
  return { out, code, signal }
}

describe('the drain of a server', () => {
  it('is finished when the process is asked to stop, which then ends by the signal', async () => {
    expect(await program('')).toEqual({ out: 'started\nready\ndrained\n', code: null, signal: 'SIGTERM' })
  })

  it('leaves the end of the process to a framework that listens too', async () => {
    const { out, code } = await program(
      `process.on('SIGTERM', () => setTimeout(() => { console.log('closed'); process.exit(7) }, 200))`,
    )
    expect(out).toBe('started\nready\ndrained\nclosed\n')
    expect(code).toBe(7)
  })

  it('closes the stores for a framework that waits until nothing is open any more', async () => {
    const ended = await program(
      '',
      `{ close: () => { console.log('stores'); clearInterval(forever) } }`,
      `process.once('SIGTERM', () => console.log('closed'))`,
    )
    expect(ended).toEqual({
      out: 'started\nready\nclosed\ndrained\ndrained\nstores\n',
      code: 0,
      signal: null,
    })
  })

  it('can be ended by the program, which the signal then ends at once', async () => {
    const { out, signal } = await program('await stop()')
    expect(out).toBe('started\ndrained\nready\n')
    expect(signal).toBe('SIGTERM')
  })
})
