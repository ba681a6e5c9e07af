import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { freePort, holdPort, listenAgain, listenOnLoopback, onFreePort, PortInUse } from './free-port'
import { startJsRedis } from './js-redis'
import { killOnExit } from './kill-on-exit'
import { startRedisServer } from './redis-server'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A program that has the port. */
async function occupy(port = 0): Promise<number> {
  const server = createServer(socket => socket.on('error', () => {}).end('+PONG\r\n'))
  servers.push(server)
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return (server.address() as { port: number }).port
}

describe('a port that another program opens between looking and listening', () => {
  it('is left for the next one', async () => {
    const first = await freePort()
    const tried: number[] = []
    const port = await onFreePort(first, async port => {
      tried.push(port)
      if (tried.length < 3) {
        await occupy(port)
        throw new PortInUse('in use')
      }
      return port
    })
    expect(tried).toHaveLength(3)
    expect(new Set(tried).size).toBe(3)
    expect(port).toBe(tried[2])
    expect(port).toBeGreaterThan(first)
  })

  it('is left for another one of the system, where any will do', async () => {
    let tries = 0
    const port = await onFreePort(0, async port => {
      if (tries++ === 0) throw new PortInUse('in use')
      return port
    })
    expect([tries, port > 0]).toEqual([2, true])
  })

  it('does not hide other errors of a program', async () => {
    const start = async () => {
      throw new Error('out of memory')
    }
    await expect(onFreePort(0, start)).rejects.toThrow('out of memory')
  })

  it('is stepped over by a server that listens itself', async () => {
    const busy = await occupy()
    const server = createServer()
    servers.push(server)
    expect(await listenOnLoopback(server, busy)).toBeGreaterThan(busy)
    expect(server.address()).toMatchObject({ address: '127.0.0.1' })
    await expect(listenOnLoopback(createServer(), busy, { exact: true })).rejects.toThrow('EADDRINUSE')
  })

  it('makes redis-server say so, also where another program answers there', async () => {
    const busy = await occupy()
    await expect(startRedisServer({ port: busy })).rejects.toThrow(PortInUse)
    const other = killOnExit(await startRedisServer())
    await expect(startRedisServer({ port: other.port, password: 'own' })).rejects.toThrow(PortInUse)
    await expect(startRedisServer({ port: other.port })).rejects.toThrow(PortInUse)
    const next = killOnExit(await startRedisServer({ preferredPort: other.port }))
    expect(next.port).toBeGreaterThan(other.port)
    await Promise.all([next.stop(), other.stop()])
  })

  it('makes the JavaScript Redis say so, where it shall take the place of an earlier one', async () => {
    const busy = await occupy()
    await expect(startJsRedis({ port: busy })).rejects.toThrow('EADDRINUSE')
  })
})

describe('the port of a program that is down', () => {
  it('is kept: others step over it, and who connects is turned away, until it is let go', async () => {
    const port = await freePort()
    const release = await holdPort(port)
    const other = createServer()
    servers.push(other)
    expect(await listenOnLoopback(other, port)).toBeGreaterThan(port)
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow('fetch failed')
    await release()
    await release()
    expect(await occupy(port)).toBe(port)
  })

  it('is left to a program that has it already', async () => {
    const busy = await occupy()
    await (await holdPort(busy))()
    await expect(listenOnLoopback(createServer(), busy, { exact: true })).rejects.toThrow('EADDRINUSE')
  })

  it('is waited for, where a connection has it', async () => {
    const port = await freePort()
    const release = await holdPort(port)
    const server = createServer()
    servers.push(server)
    let listens = false
    const listening = listenAgain(server, port).finally(() => {
      listens = true
    })
    await expect(listenOnLoopback(createServer(), port, { exact: true })).rejects.toThrow('EADDRINUSE')
    expect(listens).toBe(false)
    await release()
    expect(await listening).toBe(port)
  })
})
