import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serveCommands } from '@onecount/dev-stack/control'
import { afterEach, expect, it, vi } from 'vitest'
import { parseStatus, readParts, stackSocket, switchPart } from './control'

afterEach(() => vi.unstubAllEnvs())

it('reads the state of each store, and nothing out of other lines', () => {
  expect(parseStatus('supabase: running\nredis: stopped\n\nredis: perhaps')).toEqual([
    { id: 'supabase', isRunning: true },
    { id: 'redis', isRunning: false },
  ])
})

it('there is no socket but in development', () => {
  vi.stubEnv('ONECOUNT_DEV_CONTROL', '/somewhere/control')
  vi.stubEnv('NODE_ENV', 'production')
  expect(stackSocket()).toBeNull()
  vi.stubEnv('NODE_ENV', 'development')
  expect(stackSocket()).toBe('/somewhere/control')
  vi.stubEnv('ONECOUNT_DEV_CONTROL', '')
  expect(stackSocket()).toBeNull()
})

it('speaks to the stack, and says what the stack says against a command', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'demo-'))
  const heard: string[] = []
  const server = await serveCommands(folder, async words => {
    heard.push(words.join(' '))
    if (words[1] === 'nothing') throw new Error('nothing does not run here')
    return words[0] === 'status' ? 'redis: running' : 'Redis runs.'
  })
  try {
    const socket = String(server.address())
    expect(await readParts(socket)).toEqual([{ id: 'redis', isRunning: true }])
    await switchPart(socket, 'redis', false)
    await switchPart(socket, 'redis', true)
    await expect(switchPart(socket, 'nothing', true)).rejects.toThrow('nothing does not run here')
    expect(heard).toEqual(['status', 'stop redis', 'start redis', 'start nothing'])
  } finally {
    server.close()
    rmSync(folder, { recursive: true })
  }
})
