import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPart, type Part } from './part'
import { freePort, listenOnLoopback } from './services/free-port'
import { killOnExit } from './services/kill-on-exit'
import { type Program, run } from './services/process'

const SERVER = (port: number) =>
  `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('up'))`

let port: number
let program: Program
let part: Part
let restarted: (release: () => Promise<void>) => Promise<Program>

async function start(): Promise<Program> {
  program = killOnExit(run(process.execPath, ['-e', SERVER(port)]))
  await expect.poll(() => program.lastWords()).toBe('up')
  return program
}

beforeEach(async () => {
  port = await freePort()
  restarted = async release => {
    await release()
    return start()
  }
  part = createPart({
    id: 'store',
    name: 'Store',
    port,
    running: await start(),
    restart: release => restarted(release),
    forget: async () => {},
    ended: () => {},
  })
})
afterEach(() => part.stop())

/** Where another program that prefers the port would be. */
async function portOfAnother(): Promise<number> {
  const server = createServer()
  const found = await listenOnLoopback(server, port)
  await new Promise(resolve => server.close(resolve))
  return found
}

describe('the port of a store that is down stays its own', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['stopped', () => part.stop()],
    ['lost', () => part.lose!()],
    ['killed', () => program.kill()],
  ])('%s', async (_, end) => {
    await end()
    await expect.poll(portOfAnother).toBeGreaterThan(port)
    await part.start()
    expect(part.isRunning()).toBe(true)
    expect(program.child.exitCode).toBeNull()
  })

  it('not started, as something is wrong', async () => {
    await part.stop()
    const works = restarted
    restarted = async release => {
      await release()
      throw new Error('no space left on device')
    }
    await expect(part.start()).rejects.toThrow('no space left')
    expect(await portOfAnother()).toBeGreaterThan(port)
    restarted = works
    await part.start()
    expect(part.isRunning()).toBe(true)
  })
})
