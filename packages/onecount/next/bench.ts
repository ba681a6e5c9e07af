import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Redis } from 'ioredis'
import { load, median } from '../../../bench/statistics'
import { startRedisServer } from '../../../dev/services/redis-server'
import { scriptsIn } from '../simulation/engine'
import { createMemoryPostgres as createPresentPostgres } from '../simulation/memory-postgres'
import { createOnecount as createPresent } from '../src/core/onecount'
import { ioredisPort } from '../src/redis/ioredis'
import { createOnecount } from './core/onecount'
import type { RedisPort } from './core/ports'
import { createMemoryPostgres } from './simulation/memory-postgres'

const HELP = `Usage: npx tsx packages/onecount/next/bench.ts [--seconds N] [--rounds N]

Pages of 30 posts and likes, through the present core, the next one and as bare MGET of 30, each core on a Redis of its own,
in turns. Postgres is in memory: nothing of it is on these ways.`

const POSTS = 10_000
const SESSIONS = 1000
const LIKES = 30_000
const PAGE = 30
const CONCURRENCY = 50

const postOf = (n: number) => `50050001-aaaa-bbbb-cccc-${n.toString(16).padStart(12, '0')}`
const below = (n: number) => Math.floor(Math.random() * n)
const sessions = Array.from({ length: SESSIONS }, () => crypto.randomUUID())
const someSession = () => sessions[below(SESSIONS)]!
const somePage = () => {
  const from = below(POSTS - PAGE)
  return Array.from({ length: PAGE }, (_, i) => postOf(from + i))
}

async function startNext() {
  const server = await startRedisServer()
  const client = new Redis(server.url)
  const scripts = scriptsIn(join(import.meta.dirname, 'lua'))
  for (const { source } of Object.values(scripts)) await client.script('LOAD', source)
  const redis: RedisPort = {
    run: (name, keys, args) =>
      client.evalsha(scripts[name]!.sha1, keys.length, ...keys, ...args) as ReturnType<RedisPort['run']>,
  }
  const postgres = createMemoryPostgres({ newId: () => crypto.randomUUID() })
  postgres.addPosts(Array.from({ length: POSTS }, (_, n) => ({ id: postOf(n), likes: 0 })))
  return { server, client, core: createOnecount({ redis, postgres: postgres.port, log: { warn() {} } }) }
}

async function startPresent() {
  const server = await startRedisServer()
  const client = new Redis(server.url)
  const postgres = createPresentPostgres({ newId: () => crypto.randomUUID() })
  postgres.addPosts(Array.from({ length: POSTS }, (_, n) => ({ id: postOf(n), likes: 0 })))
  const core = createPresent({ redis: ioredisPort(client), postgres: postgres.port, log: { warn() {} } })
  return { server, client, core }
}

type Core = Pick<Awaited<ReturnType<typeof startNext>>['core'], 'set' | 'read' | 'drainOnce'>

/** Every post and session is known, and many likes are there; nothing is pending. */
async function fill(core: Core): Promise<void> {
  while ((await core.drainOnce()).more);
  for (let n = 0; n < POSTS; n += 200)
    await core.read(
      Array.from({ length: 200 }, (_, i) => postOf(n + i)),
      null,
    )
  for (const session of sessions) await core.read([postOf(0)], session)
  for (let n = 0; n < LIKES; n += CONCURRENCY)
    await Promise.all(
      Array.from({ length: CONCURRENCY }, () => core.set(postOf(below(POSTS)), someSession(), true)),
    )
  while ((await core.drainOnce()).more);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '5' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return console.log(HELP)
  const [present, next] = await Promise.all([startPresent(), startNext()])
  const cores = { present: present.core as unknown as Core, next: next.core as Core }
  for (const core of Object.values(cores)) await fill(core)

  const like = (core: Core) => core.set(postOf(below(POSTS)), someSession(), Math.random() < 0.6)
  const sides: Record<string, () => Promise<unknown>> = {
    'MGET of 30': () => next.client.mget(somePage().map(post => `post:likes:${post}`)),
    'page of a session: present': () => cores.present.read(somePage(), someSession()),
    'page of a session: next': () => cores.next.read(somePage(), someSession()),
    'page for nobody: present': () => cores.present.read(somePage(), null),
    'page for nobody: next': () => cores.next.read(somePage(), null),
    'like: present': () => like(cores.present),
    'like: next': () => like(cores.next),
  }
  const rates = new Map<string, number[]>(Object.keys(sides).map(name => [name, []]))
  for (let round = 0; round < Number(values.rounds); round++)
    for (const [name, work] of Object.entries(sides))
      rates
        .get(name)!
        .push((await load(work, CONCURRENCY, Number(values.seconds))).length / Number(values.seconds))

  const bare = rates.get('MGET of 30')!
  console.log(`${''.padEnd(28)}${'a second'.padStart(10)}${'× MGET'.padStart(10)}`)
  for (const [name, of] of rates) {
    const ratio = median(of.map((rate, i) => rate / bare[i]!))
    console.log(
      `${name.padEnd(28)}${String(Math.round(median(of))).padStart(10)}${ratio.toFixed(2).padStart(10)}`,
    )
  }
  for (const { client, server } of [present, next]) {
    const stats = await client.info('commandstats')
    console.log(
      stats
        .split('\r\n')
        .filter(line => /evalsha/.test(line))
        .join('\n'),
    )
    client.disconnect()
    await server.kill()
  }
}

main()
