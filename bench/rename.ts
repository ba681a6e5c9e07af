import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { createOnecount, defineConfig, type Onecount } from 'onecount'
import { kindSql, postgresJsPort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import postgres, { type Sql } from 'postgres'
import { longestCall, redisMicros, resetCounters, scriptCalls, watchCalls } from './commands'
import { round } from './statistics'
import { startServers } from './stores'

const { article } = defineConfig({
  kinds: {
    article: {
      target: { table: 'articles', id: 'bigint', count: 'like_count' },
      rows: { table: 'article_likes', target: 'article_id', actor: 'user_id' },
      actor: 'uuid',
    },
  },
}).kinds

const TABLES = `
  create table articles (id bigint primary key, title text, like_count integer not null default 0);
  create table article_likes (
    article_id bigint not null references articles on update cascade on delete cascade, user_id uuid not null,
    created_at timestamptz not null default now(), primary key (article_id, user_id));
  insert into articles (id, title) select n, 'title' from generate_series(1, 1000) n;`

/** What a target with so many likes costs that gets another id. */
interface Renamed {
  likes: number
  /** The statement itself. */
  updateSeconds: number
  /** What its transaction holds, beyond what every reader does. */
  locks: string[]
  /** The longest that a like of another target waited for Postgres meanwhile, milliseconds. */
  otherLikeMs: number
  /** A like of the target by another connection, which waits for the transaction. */
  sameLikeMs: number
  /** Rows of the log, which the drain tells Redis of. */
  log: number
  /** Until Redis was told of all of them, and in how many batches. */
  tellSeconds: number
  batches: number
  /** Time that Redis was busy with one call, milliseconds: on average, and the longest. */
  redisMs: { mean: number; longest: number }
  /** Seconds of a processor, which other work on the machine does not change: the statement, and Redis being told. */
  cpuSeconds: { update: number; redis: number }
  redisMb: { before: number; most: number; after: number }
}

/** A target of a kind that is mapped gets another id: how long that takes, what it holds, and what Redis is told. */
export async function rename({ ratings }: { ratings: number }, say: (line: string) => void) {
  const report = { machine: `${cpus().length} cores, Node ${process.version}`, sizes: [] as Renamed[] }
  for (const likes of [1000, 10_000, 100_000, 1_000_000].filter(size => size <= ratings)) {
    say(`a target with ${likes.toLocaleString('en')} likes …`)
    report.sizes.push(await measure(likes))
  }
  return { report, table: format(report) }
}

async function measure(likes: number): Promise<Renamed> {
  const [redisServer, postgresServer] = await startServers()
  const sql = postgres(await postgresServer!.createDatabase('bench'), { max: 6, onnotice() {} })
  const client = createRedisClient(redisServer!.url, { commandTimeout: 60_000 })
  await once(client, 'ready')
  try {
    await sql.unsafe(TABLES)
    await sql`insert into article_likes (article_id, user_id)
      select 1, md5(n::text)::uuid from generate_series(1, ${likes}::integer) n`
    await sql`update articles set like_count = ${likes} where id = 1`
    await sql.unsafe(kindSql(article))
    await sql.unsafe('vacuum analyze')
    const port = postgresJsPort(sql, { kind: article, timeoutMs: 60_000 })
    const onecount = createOnecount({ redis: ioredisPort(client), postgres: port, log: { warn() {} } })
    await onecount.drainer.flush()
    await onecount.hydrateAll()
    return await renameOne(onecount, sql, client, likes)
  } finally {
    client.disconnect()
    await sql.end({ timeout: 1 })
    await Promise.all([redisServer!.kill(), postgresServer!.kill()])
  }
}

async function renameOne(
  onecount: Onecount,
  sql: Sql,
  client: ReturnType<typeof createRedisClient>,
  likes: number,
): Promise<Renamed> {
  const usedMb = async () => Number(/used_memory:(\d+)/.exec(await client.info('memory'))![1]) / 2 ** 20
  const before = await usedMb()
  let isOver = false
  let otherLikeMs = 0
  const others = (async () => {
    for (let n = 0; !isOver; n++) {
      const began = performance.now()
      await onecount.set(String(2 + (n % 900)), crypto.randomUUID(), true, { ack: 'postgres' })
      otherLikeMs = Math.max(otherLikeMs, performance.now() - began)
    }
  })()
  let updateCpu = 0
  let locks: string[] = []
  let updateSeconds = 0
  let same: Promise<number> | undefined
  await sql.begin(async tx => {
    const [{ pid }] = (await tx`select pg_backend_pid() as pid`) as unknown as [{ pid: number }]
    const [cpu, began] = [await cpuSeconds(pid), performance.now()]
    await tx`update articles set id = 1001 where id = 1`
    updateSeconds = (performance.now() - began) / 1000
    updateCpu = (await cpuSeconds(pid)) - cpu
    const rows = await tx`
      select relation::regclass::text || ' ' || mode as lock from pg_locks l join pg_class c on c.oid = l.relation
       where pid = pg_backend_pid() and granted and mode <> 'AccessShareLock' and c.relkind in ('r', 'p')
         and c.relnamespace <> 'pg_catalog'::regnamespace order by 1`
    locks = rows.map(({ lock }) => lock)
    const waits = performance.now()
    same = sql`insert into article_likes (article_id, user_id) values (1001, gen_random_uuid())`
      .catch(() => {})
      .then(() => performance.now() - waits)
  })
  const sameLikeMs = await same!
  isOver = true
  await others
  const [{ log }] =
    (await sql`select count(*) as log from onecount_article_log where nonce is null`) as unknown as [
      { log: string },
    ]
  // Scripts and the commands in them are noted one by one.
  await watchCalls(client, 1000)
  await resetCounters(client)
  const redisCpu = await redisSeconds(client)
  let most = before
  let batches = 0
  const tells = performance.now()
  for (let more = true; more; batches++) {
    ;({ more } = await onecount.drainer.flush({ budgetMs: 1 }))
    if (batches % 20 === 0) most = Math.max(most, await usedMb())
  }
  const tellSeconds = (performance.now() - tells) / 1000
  const shown = (await onecount.read(['1001'])).get('1001')
  if (shown?.source !== 'redis' || (shown.count ?? 0) < likes)
    throw new Error(`a target with ${likes} likes shows ${shown?.count} of ${shown?.source}`)
  const mean = (await redisMicros(client)) / 1000 / (await scriptCalls(client))
  const longest = await longestCall(client)
  const after = await usedMb()
  return {
    likes,
    updateSeconds: round(updateSeconds, 2),
    locks,
    otherLikeMs: round(otherLikeMs, 1),
    sameLikeMs: round(sameLikeMs, 1),
    log: Number(log),
    tellSeconds: round(tellSeconds, 2),
    batches,
    redisMs: { mean: round(mean, 2), longest: round(longest, 1) },
    cpuSeconds: {
      update: round(updateCpu, 2),
      redis: round((await redisSeconds(client)) - redisCpu, 2),
    },
    redisMb: { before: round(before, 1), most: round(Math.max(most, after), 1), after: round(after, 1) },
  }
}

/** Of a process since it began, by Linux; 0 elsewhere. */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number)
  return ((user ?? 0) + (system ?? 0)) / 100
}

async function redisSeconds(client: ReturnType<typeof createRedisClient>): Promise<number> {
  const found = [...(await client.info('cpu')).matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm)]
  return found.reduce((sum, [, seconds]) => sum + Number(seconds), 0)
}

function format({ machine, sizes }: { machine: string; sizes: Renamed[] }): string {
  const n = (value: number) => value.toLocaleString('en')
  const line = (cells: (string | number)[]) => cells.map(cell => String(cell).padStart(13)).join('')
  return [
    `A target that gets another id, ${machine}`,
    line([
      'likes',
      'update s',
      'of CPU s',
      'others ms',
      'told after s',
      'of Redis s',
      'call ms',
      'most ms',
      'MiB',
    ]),
    ...sizes.map(of =>
      line([
        n(of.likes),
        of.updateSeconds,
        of.cpuSeconds.update,
        of.otherLikeMs,
        of.tellSeconds,
        of.cpuSeconds.redis,
        of.redisMs.mean,
        of.redisMs.longest,
        `${of.redisMb.before}-${of.redisMb.most}`,
      ]),
    ),
    `held until it is committed: ${[...new Set(sizes.flatMap(({ locks }) => locks))].join(', ')}`,
  ].join('\n')
}
