import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startUpstashServer } from '@onecount/dev-stack/upstash-server'
import { createOnecount } from 'onecount'
import { createHandler, createLimiter, DEFAULT_LIMITS, nodeListener, redisLimits } from 'onecount/http'
import { postgresJsPort } from 'onecount/postgres'
import { createUpstashClient, upstashPort } from 'onecount/upstash'
import { formatTable } from '../packages/onecount/src/cli/table'
import { commandCalls, resetCounters } from './commands'
import { postId, startStores } from './stores'

/** Real time for which an idle process is watched, milliseconds. */
const IDLE_MS = 10_000
const PAGE = 30
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

interface Cost {
  what: string
  requests: number
  /** Scripts that were sent. */
  scripts: number
  /** Those and the commands that they have called. */
  commands: number
}

/**
 * What the official client of Upstash sends, counted by a server of its protocol, and the commands that Redis executes for
 * it. `ops`: how many likes the drain is given at once.
 */
export async function billed({ ops }: { ops: number }, say: (line: string) => void) {
  say('starting Redis and PostgreSQL …')
  const stores = await startStores({ hydrate: false })
  const upstash = await startUpstashServer({ redisUrl: stores.redisUrl })
  const redis = upstashPort(createUpstashClient({ ...upstash, timeoutMs: 10_000 }), upstash)
  const postgres = postgresJsPort(stores.sql, { timeoutMs: 30_000 })
  const log = { warn() {} }
  const onecount = createOnecount({ redis, postgres, log })
  const costs: Cost[] = []
  /** Commands of our own. */
  let looks = 0
  async function cost<T>(what: string, work: () => Promise<T>): Promise<T> {
    const before = [upstash.commands(), upstash.requests()] as const
    looks = 0
    await resetCounters(stores.client)
    const result = await work()
    const commands = (await commandCalls(stores.client)) - looks
    const scripts = upstash.commands() - before[0]
    costs.push({ what, requests: upstash.requests() - before[1], scripts, commands })
    return result
  }
  const ids = Array.from({ length: PAGE }, (_, i) => postId(1 + i))

  // Scripts are known to the server from here on, and the stores know each other.
  await onecount.drainer.flush()
  await onecount.read([postId(100)], 'warm-up')
  await onecount.set(postId(100), 'warm-up', true)
  await onecount.drainer.flush()

  await cost('a page of 30 posts, all cold, and its session', () => onecount.read(ids, 'reader'))
  await cost('the same page, warm', () => onecount.read(ids, 'reader'))
  await cost('a like', () => onecount.set(ids[0]!, 'reader', true))
  const behind = { looksAgain: false, whenHeld: 'leave' } as const
  await cost('the drain behind it', () => onecount.drainer.flush(behind))
  await cost("a like with ack 'postgres'", async () => {
    await onecount.set(ids[1]!, 'reader', true, { ack: 'postgres' })
    // It is answered once Postgres has it; Redis is told behind that.
    await untilDrained()
  })
  for (let i = 0; i < ops; i++) await onecount.set(postId(1 + (i % PAGE)), `person-${i}`, true)
  const drained = await cost(`a drain of ${ops} likes`, () =>
    onecount.drainer.flush({ budgetMs: 60_000, ...behind }),
  )
  if (drained.more || drained.drained !== ops) throw new Error(`${drained.drained} of ${ops} were drained`)
  await cost('a call of the scheduler with nothing to drain', () =>
    onecount.drainer.flush({ budgetMs: 5000 }),
  )

  const limits = [
    ['in Redis', createLimiter(DEFAULT_LIMITS, { shared: redisLimits(redis) })],
    ['in memory', createLimiter(DEFAULT_LIMITS)],
  ] as const
  for (const [where, limiter] of limits) {
    const secret = 'a-secret-of-the-benchmark-that-is-long'
    const handler = createHandler({ service: onecount, secret, limiter, drain: 'after' })
    const server = createServer(nodeListener(handler))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const likes = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/likes`
    const first = await fetch(`${likes}?ids=${ids.join()}`)
    const cookie = first.headers.getSetCookie()[0]!.split(';')[0]!
    await first.text()
    const warm = await fetch(`${likes}?ids=${ids.join()}`, { headers: { cookie } })
    await warm.text()
    await cost(`over HTTP, limits ${where}: a page`, async () => {
      await (await fetch(`${likes}?ids=${ids.join()}`, { headers: { cookie } })).text()
    })
    await cost(`over HTTP, limits ${where}: a like and the drain behind it`, async () => {
      const response = await fetch(`${likes}/${ids[2]}`, { method: 'PUT', headers: { cookie } })
      if (!response.ok) throw new Error(await response.text())
      await untilDrained()
    })
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }

  say('an idle process …')
  await cost("idle for 10 s, drain: 'after'", () => pause(IDLE_MS))
  onecount.drainer.start()
  await pause(500)
  await cost('idle for 10 s, with a drain loop', () => pause(IDLE_MS))
  await onecount.drainer.stop()
  await upstash.stop()
  await stores.stop()
  return { report: { costs }, table: format(costs) }

  /** The queue is looked at past the server that counts. */
  async function untilDrained(): Promise<void> {
    for (;;) {
      looks += 2
      const members = await stores.client.zrangebylex('likes:pending', '(0', '+')
      const isInFlight = (await stores.client.zrangebylex('likes:pending', '[!out|', '[!out~')).length > 0
      if (members.length === 0 && !isInFlight) return
      await pause(5)
    }
  }
}

const format = (costs: readonly Cost[]): string =>
  formatTable(
    [
      ['', 'requests', 'scripts', 'commands'],
      ...costs.map(({ what, ...numbers }) => [
        what,
        ...[numbers.requests, numbers.scripts, numbers.commands].map(String),
      ]),
    ],
    [1, 2, 3],
  )
