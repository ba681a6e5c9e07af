import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { Redis } from 'ioredis'
import { createHandler, createLimiter, parseLimits, redisLimits } from 'onecount/http'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from './support/for-all-tests'
import { FOX, MapLikes, SECRET, someone } from './support/http-server'

const server = forAllTests(startRedisServer)
let ends: (() => void)[] = []
beforeEach(async () => {
  const client = new Redis(server.url)
  await client.flushall()
  client.disconnect()
})
afterEach(() => {
  for (const end of ends) end()
  ends = []
})

/** One process of the application, whose limits are shared through Redis. Counts the calls that they cost. */
function instance(text: string) {
  const client = createRedisClient(server.url, { commandTimeout: 20_000, lazyConnect: true })
  ends.push(() => client.disconnect())
  const port = ioredisPort(client)
  const cost = { calls: 0, waiting: 0 }
  const shared = redisLimits({
    async run(...call) {
      cost.calls++
      cost.waiting++
      return port.run(...call).finally(() => cost.waiting--)
    },
  })
  const limits = parseLimits(text)
  const service = new MapLikes()
  const handler = createHandler({
    service,
    secret: SECRET,
    proxyHops: 1,
    limiter: createLimiter(limits, { shared }),
  })
  const like = async (ip: string, headers: Record<string, string> = {}) => {
    const request = new Request(`http://site.example/api/likes/${FOX}`, {
      method: 'PUT',
      headers: { 'x-forwarded-for': ip, ...headers },
    })
    return (await handler(request)).status
  }
  return { like, cost, service, disconnect: () => client.disconnect() }
}

describe('limits that all processes share', () => {
  it('hold for new sessions, whichever process is asked', async () => {
    const [a, b] = [instance('new=3/1h'), instance('new=3/1h')]
    const statuses = []
    for (const { like } of [a, b, a, b, a]) statuses.push(await like('198.51.100.7'))
    expect(statuses).toEqual([200, 200, 200, 429, 429])
    expect(await b.like('198.51.100.8')).toBe(200)
  })

  it('hold for a crowd at once', async () => {
    const text = 'new=10/1h'
    const processes = [instance(text), instance(text), instance(text)]
    const statuses = await Promise.all(
      Array.from({ length: 60 }, (_, i) => processes[i % 3]!.like('198.51.100.7')),
    )
    expect(statuses.filter(status => status === 200)).toHaveLength(10)
  })

  it.each(['session=3/1h', 'ip=3/1h', 'post=3/1h'])('hold for presses: %s', async text => {
    const [a, b] = [instance(text), instance(text)]
    const headers = someone()
    const statuses = []
    for (const { like } of [a, b, a, b, a]) statuses.push(await like('198.51.100.7', headers))
    expect(statuses).toEqual([200, 200, 200, 429, 429])
  })

  it('refuse in every process soon after a large limit is used up in one', async () => {
    const [a, b] = [instance('session=40/1h'), instance('session=40/1h')]
    const headers = someone()
    for (let i = 0; i < 40; i++) expect(await a.like('198.51.100.7', headers)).toBe(200)
    await b.like('198.51.100.7', headers)
    await expect.poll(() => b.like('198.51.100.7', headers)).toBe(429)
  })

  it('are not waited for on the way of an ordinary press', async () => {
    const a = instance('')
    const headers = someone()
    await a.like('198.51.100.7', headers)
    await expect.poll(() => a.cost.waiting).toBe(0)
    let waitingAtWrite = 0
    const set = a.service.set.bind(a.service)
    a.service.set = (...args) => {
      waitingAtWrite = a.cost.waiting
      return set(...args)
    }
    expect(await a.like('198.51.100.7', headers)).toBe(200)
    expect({ waitingAtWrite, calls: a.cost.calls }).toEqual({ waitingAtWrite: 1, calls: 2 })
  })

  it('are those of each process while Redis does not answer', async () => {
    const a = instance('new=2/1h')
    a.disconnect()
    const statuses = []
    for (let i = 0; i < 3; i++) statuses.push(await a.like('198.51.100.7'))
    expect(statuses).toEqual([200, 200, 429])
  })
})
