import type { Redis } from 'ioredis'
import { createOnecount } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import type { Sql } from 'postgres'
import type { Like } from './likes'
import { plainKeys } from './plain'
import type { SideName, Stores } from './sides'

/** Both stores of a side, as the bench looks at them. */
export interface Look {
  redis: Redis
  sql: Sql
  /** Counts that are shown of posts, and whether sessions are shown to like them; null where Redis is not asked. */
  counts(posts: string[]): Promise<(number | null)[]> | null
  isLiked(like: Like): Promise<boolean>
}

/** Posts that are read at once. */
const PAGE = 250

export function lookAt(side: SideName, { redisUrl }: Stores, sql: Sql): Look {
  const redis = createRedisClient(redisUrl, { commandTimeout: 10_000 })
  if (side === 'alone') return { redis, sql, counts: () => null, isLiked: async () => false }
  if (side === 'seed' || side === 'bullmq') {
    return {
      redis,
      sql,
      counts: async posts => (await redis.mget(posts.map(plainKeys.likes))).map(Number),
      isLiked: async ({ post, session }) => (await redis.sismember(plainKeys.liked(post), session)) === 1,
    }
  }
  const onecount = createOnecount({
    redis: ioredisPort(redis),
    postgres: postgresJsPort(sql),
    log: { warn() {} },
  })
  const read = async (posts: string[], session?: string) => {
    const states = await onecount.read(posts, session)
    return posts.map(post => states.get(post)).map(state => (state?.source === 'redis' ? state : null))
  }
  return {
    redis,
    sql,
    counts: async posts => (await read(posts)).map(state => state?.count ?? null),
    isLiked: async ({ post, session }) => (await read([post], session))[0]?.liked === true,
  }
}

/** Posts whose likes are not their rows, or of which Redis shows another count than Postgres. */
export async function wrongPosts({ sql, counts }: Look): Promise<number> {
  const rows = await sql<{ id: string; likes: number; rated: number }[]>`
    select p.id, p.likes::integer as likes, coalesce(r.n, 0)::integer as rated
      from posts_new p left join (select post_id, count(*) as n from post_ratings group by post_id) r on r.post_id = p.id
     order by p.id`
  let wrong = 0
  for (let i = 0; i < rows.length; i += PAGE) {
    const page = rows.slice(i, i + PAGE)
    const shown = await counts(page.map(({ id }) => id))
    page.forEach(({ likes, rated }, k) => {
      if (likes !== rated || (shown !== null && shown[k] !== likes)) wrong++
    })
  }
  return wrong
}

export interface Lost {
  /** Likes whose people had an answer. */
  answered: number
  /** Of which Postgres has no row. */
  notInPostgres: number
  /** Of which Redis does not show the like either. */
  inNeither: number
}

export async function lostOf({ sql, isLiked }: Look, answered: readonly Like[]): Promise<Lost> {
  const sessions = [...new Set(answered.map(({ session }) => session))]
  const rows = await sql<{ pair: string }[]>`
    select post_id || '|' || session_id as pair from post_ratings where session_id = any(${sessions})`
  const held = new Set(rows.map(({ pair }) => pair))
  const missing = answered.filter(({ post, session }) => !held.has(`${post}|${session}`))
  const liked = await Promise.all(missing.map(isLiked))
  return {
    answered: answered.length,
    notInPostgres: missing.length,
    inNeither: liked.filter(is => !is).length,
  }
}
