import { cpus } from 'node:os'
import { createKeys } from 'onecount'
import { redisMicros, resetCounters } from './commands'
import { sessionId, spreadRatings, writeRatings } from './ratings'
import { warmSessions } from './sessions'
import { load, median, quantile, round } from './statistics'
import { POSTS, postId, startStores } from './stores'

interface ReadReport {
  machine: string
  concurrency: number
  rounds: number
  page: number
  sides: Side[]
}

interface Side {
  side: string
  pagesPerSecond: number
  /** Median of the rounds' ratios to MGET. */
  ratio: number
  p50Ms: number
  p99Ms: number
  /** Redis' own time for a page, microseconds. */
  redisMicros: number
}

interface ReadOptions {
  seconds: number
  rounds: number
  concurrency: number
}

/** Posts on a page. */
const PAGE = 30
const SESSIONS = 2000
const LIKES_PER_SESSION = 100
/** The side that the others are compared with. */
const MGET = 'MGET'

const below = (n: number) => Math.floor(Math.random() * n)

/**
 * A page of 30 random warm posts: through the engine, for one warm session and without a session, and as bare commands through the same
 * client, in turns. Every post has 20 likers, every session 100 likes.
 */
export async function read({ seconds, rounds, concurrency }: ReadOptions, say: (line: string) => void) {
  say('starting Redis and PostgreSQL …')
  const stores = await startStores({ hydrate: false })
  const { client, onecount, sql } = stores
  try {
    await writeRatings(sql, spreadRatings(SESSIONS, LIKES_PER_SESSION))
    await onecount.hydrateAll()
    await warmSessions(onecount, SESSIONS)
    const keys = createKeys()

    const page = () => {
      const ids = new Set<string>()
      while (ids.size < PAGE) ids.add(postId(1 + below(POSTS)))
      return [...ids]
    }
    const session = () => sessionId(1 + below(SESSIONS))
    const hearts = (ids: string[], of: string) => client.smismember(keys.sessions(of), ...ids)
    const counts = (ids: string[]) => client.mget(ids.map(keys.likes))
    const sides: Record<string, () => Promise<unknown>> = {
      [MGET]: () => counts(page()),
      'MGET + SMISMEMBER': () => {
        const ids = page()
        return Promise.all([counts(ids), hearts(ids, session())])
      },
      'MGET + 30 SISMEMBER': () => {
        const [ids, of] = [page(), session()]
        const pipeline = client.pipeline().mget(ids.map(keys.likes))
        for (const id of ids) pipeline.sismember(keys.liked(id), of)
        return pipeline.exec()
      },
      'engine, one session': () => onecount.read(page(), session()),
      'engine, no session': () => onecount.read(page()),
    }
    const isSame = async () => {
      const [ids, of] = [page(), session()]
      const states = await onecount.read(ids, of)
      const [bareCounts, bareHearts] = await Promise.all([counts(ids), hearts(ids, of)])
      return ids.every((id, i) => {
        const state = states.get(id)
        return state?.count === Number(bareCounts[i]) && state.liked === (bareHearts[i] === 1)
      })
    }
    for (let i = 0; i < 100; i++)
      if (!(await isSame())) throw new Error('the engine and the bare commands read different states')

    const names = Object.keys(sides)
    const rates: Record<string, number[]> = {}
    const times: Record<string, number[]> = {}
    const micros: Record<string, number[]> = {}
    for (const name of names) await load(sides[name]!, concurrency, seconds / 2)
    for (let n = 1; n <= rounds; n++) {
      // Every side comes first, second, … in turn.
      for (let i = 0; i < names.length; i++) {
        const name = names[(i + n) % names.length]!
        await resetCounters(client)
        const took = await load(sides[name]!, concurrency, seconds)
        micros[name] = [...(micros[name] ?? []), (await redisMicros(client)) / took.length]
        rates[name] = [...(rates[name] ?? []), took.length / seconds]
        times[name] = (times[name] ?? []).concat(took)
      }
      const latest = names.map(name => `${name} ${Math.round(rates[name]!.at(-1)!)}/s`)
      say(`round ${n} of ${rounds}: ${latest.join(', ')}`)
    }
    const report: ReadReport = {
      machine: `${cpus().length} cores, Node ${process.version}`,
      concurrency,
      rounds,
      page: PAGE,
      sides: names.map(name => ({
        side: name,
        pagesPerSecond: Math.round(median(rates[name]!)),
        ratio: round(median(rates[name]!.map((rate, i) => rate / rates[MGET]![i]!)), 2),
        p50Ms: round(quantile(times[name]!, 0.5), 2),
        p99Ms: round(quantile(times[name]!, 0.99), 2),
        redisMicros: round(median(micros[name]!), 1),
      })),
    }
    return { report, table: format(report) }
  } finally {
    await stores.stop()
  }
}

function format({ machine, concurrency, rounds, page, sides }: ReadReport): string {
  const line = (cells: (string | number)[]) =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(24) : String(cell).padStart(11))).join('')
  return [
    `pages of ${page} posts, ${concurrency} at once, ${POSTS.toLocaleString('en')} posts, ${machine}; ` +
      `medians of ${rounds} rounds in turns`,
    line(['', 'pages/s', 'of MGET', 'p50 ms', 'p99 ms', 'Redis µs']),
    ...sides.map(({ side, pagesPerSecond, ratio, p50Ms, p99Ms, redisMicros }) =>
      line([side, pagesPerSecond, ratio, p50Ms, p99Ms, redisMicros]),
    ),
  ].join('\n')
}
