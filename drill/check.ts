import type { Person, Promised } from './person'
import type { Post, Stack } from './stack'

/** What a fault has left behind, looked at once nothing is on its way any more. */
export interface Damage {
  /** Presses that were acknowledged and are not in Postgres, by what was promised. */
  lost: Record<Promised, number>
  /** Posts on which the stores, or what a new reader is told, do not agree. */
  drift: string[]
}

/** Everything is drained for this long at the latest, milliseconds. */
const SETTLED_MS = 30_000

/** Waits until nothing is on its way. @throws when something stays */
export async function settle(stack: Stack, people: readonly Person[]): Promise<void> {
  let left = ''
  const began = Date.now()
  for (const end = began + SETTLED_MS; Date.now() < end; ) {
    left = await whatIsLeft(stack, people, began)
    if (left === '') return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`after ${SETTLED_MS} ms there is still ${left}`)
}

async function whatIsLeft(stack: Stack, people: readonly Person[], began: number): Promise<string> {
  const kept = people.filter(person => !person.settle()).length
  if (kept > 0) return `${kept} browsers with a press that is not durable`
  const answer = await fetch(`${stack.url}/api/health`).catch(() => null)
  const health = await answer?.json().catch(() => null)
  // Health may be a second old.
  const isOld = Date.parse(health?.lookedAt) < began
  if (isOld || health?.status !== 'ok' || health.pending > 0 || health.unseen > 0)
    return JSON.stringify(health)
  return ''
}

/** Compares what was promised with what is there; then what is there counts. */
export async function assess(stack: Stack, people: readonly Person[]): Promise<Damage> {
  const ops = await opsIn(stack)
  const lost: Damage['lost'] = { redis: 0, postgres: 0, browser: 0 }
  for (const person of people) {
    for (const [postId, op] of person.acknowledged) {
      const durable = ops.get(`${postId}|${person.sessionId}`) ?? 0
      if (durable < op) lost[person.promised]++
      if (durable !== op) person.acknowledged.set(postId, durable)
    }
  }
  const checked = await Promise.all(stack.posts.map(post => driftOf(stack, post)))
  return { lost, drift: checked.filter(text => text !== null) }
}

/** The op that Postgres holds, by pair. */
async function opsIn({ sql }: Stack): Promise<Map<string, number>> {
  const rows = await sql`
    select post_id || '|' || session_id as pair, op from post_ratings
    union all select post_id || '|' || session_id, op from like_tombstones`
  return new Map(rows.map(row => [row.pair as string, Number(row.op)]))
}

async function driftOf({ sql, redis, url }: Stack, { id, base }: Post): Promise<string | null> {
  const { likes } = await fetch(`${url}/api/likes?ids=${id}`).then(response => response.json())
  const [post] = await sql`select likes from posts_new where id = ${id}`
  const rows = await sql`select session_id from post_ratings where post_id = ${id} order by session_id`
  const count = await redis.get(`post:likes:${id}`)
  const members = (await redis.smembers(`post:liked:${id}`)).sort()
  const rated = rows.map(row => row.session_id as string).sort()
  const seen = {
    told: likes[id]?.count,
    redis: Number(count),
    set: base + members.length,
    postgres: post!.likes,
    rows: base + rated.length,
  }
  const isSame = new Set(Object.values(seen)).size === 1 && members.join() === rated.join()
  return isSame ? null : `${id}: ${JSON.stringify(seen)}`
}
