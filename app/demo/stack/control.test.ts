import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serveCommands } from '@onecount/dev-stack/control'
import { afterEach, expect, it, vi } from 'vitest'
import { parseFaults, readFaults, stackSocket, turnFault } from './control'

afterEach(() => vi.unstubAllEnvs())

it('reads which fault is on, which cannot begin and why, and nothing out of other lines', () => {
  const text =
    'stop-redis: on\nslow: off\n\ncut: perhaps\nkill-app: off, and cannot begin: no Redis: none here'
  expect(parseFaults(text)).toEqual([
    { id: 'stop-redis', isOn: true, refusal: null },
    { id: 'slow', isOn: false, refusal: null },
    { id: 'kill-app', isOn: false, refusal: 'no Redis: none here' },
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
    if (words[1] === 'nothing') throw new Error('nothing is no fault')
    return words[0] === 'faults' ? 'slow: off' : 'slow has begun.'
  })
  try {
    const socket = String(server.address())
    expect(await readFaults(socket)).toEqual([{ id: 'slow', isOn: false, refusal: null }])
    await turnFault(socket, 'slow', true)
    await turnFault(socket, 'slow', false)
    await expect(turnFault(socket, 'nothing', true)).rejects.toThrow('nothing is no fault')
    expect(heard).toEqual(['faults', 'begin slow', 'end slow', 'begin nothing'])
  } finally {
    server.close()
    rmSync(folder, { recursive: true })
  }
})
