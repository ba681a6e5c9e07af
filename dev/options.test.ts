import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { readOptions } from './options'

const addresses = Object.values(networkInterfaces()).flatMap(list =>
  (list ?? []).map(({ address }) => address),
)

describe('where the application listens', () => {
  it('is this machine alone', async () => {
    const options = await readOptions(['dev'], {})
    expect(options).toMatchObject({
      port: 3000,
      withRedis: true,
      host: { address: '127.0.0.1', isOpen: false },
    })
    expect(options?.host.names).toEqual(['localhost', '127.0.0.1'])
  })

  it.each([[['--host']], [['--host', '0.0.0.0']], [['--host=0.0.0.0']], [['--host', '--port', '0']]])(
    'is every address with %s',
    async args => {
      const { host } = (await readOptions(['start', ...args], {}))!
      expect(host).toMatchObject({ address: '0.0.0.0', isOpen: true })
      expect(host.names).toEqual(expect.arrayContaining(['localhost', '127.0.0.1']))
    },
  )

  it('is one address of this machine, by number or by name', async () => {
    for (const address of addresses.filter(address => !address.startsWith('fe80')))
      expect((await readOptions(['dev', '--host', address], {}))?.host.address).toBe(address)
    expect((await readOptions(['dev', '--host', 'localhost'], {}))?.host.isOpen).toBe(false)
  })

  it.each(['300.1.1.1', '203.0.113.7', 'no-such-host.invalid', '0', 'http://localhost', ''])(
    'is no other: --host %s is refused by name',
    async host => {
      await expect(readOptions(['dev', '--host', host], {})).rejects.toThrow(`--host ${host} is no address`)
    },
  )
})

it.each([
  [['--port', '70000'], '--port 70000 is no port'],
  [['--port', '3e3'], '--port 3e3 is no port'],
  [['--port='], '--port  is no port'],
  [['--data', ''], '--data is empty'],
  [['--hots', 'x'], '--hots'],
  [['redis'], 'redis is no option'],
  [['--redis', 'ustash'], '--redis ustash is not understood'],
  [['--redis', 'upstash', '--no-redis'], '--redis and --no-redis'],
])('%s is refused by name', async (args, message) => {
  await expect(readOptions(['dev', ...args], {})).rejects.toThrow(message)
})

it('a PORT that is none is refused by name, and an empty one is not set', async () => {
  await expect(readOptions(['dev'], { PORT: 'x' })).rejects.toThrow('PORT x is no port')
  expect((await readOptions(['dev'], { PORT: '' }))?.port).toBe(3000)
})

it('Redis is reached over TCP, or over REST where it is asked for', async () => {
  expect((await readOptions(['dev'], {}))?.overRest).toBe(false)
  expect((await readOptions(['dev', '--redis', 'upstash'], {}))?.overRest).toBe(true)
})

it('help is asked for', async () => {
  expect(await readOptions(['--help'], {})).toBeNull()
})
