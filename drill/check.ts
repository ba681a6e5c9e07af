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
  let isSameSince: number | null = null
  for (const end = Date.now() + SETTLED_MS; Date.now() < end; ) {
    // A store that was killed may not answer at once.
    const cut = await otherCut(stack).catch((error: Error) => error.message)
    if (cut === null) isSameSince ??= Date.now()
    else isSameSince = null
    left =
      isSameSince === null
        ? `a Redis at the cut ${cut}, which is not that of Postgres`
        : await whatIsLeft(stack, people, isSameSince)
    if (left === '') return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`after ${SETTLED_MS} ms there is still ${left}`)
}

/** `since`: health may be a second old, and tells what was pending before Redis had the cut of Postgres. */
async function whatIsLeft(stack: Stack, people: readonly Person[], since: number): Promise<string> {
  const kept = people.filter(person => !person.settle()).length
  if (kept > 0) return `${kept} browsers with a press that is not durable`
  const answer = await fetch(`${stack.url}/api/health`).catch(() => null)
  const health = await answer?.json().catch(() => null)
  const isOld = Date.parse(health?.lookedAt) < since
  if (isOld || health?.status !== 'ok' || health.pending > 0 || health.unseen > 0)
    return JSON.stringify(health)
  return ''
}

/**
 * The cut of a Redis that has come back older, until the drain finds that it is not the receipt of Postgres: with its next
 * look, within two seconds, where people do not press. Until then Redis holds what was there before.
 */
async function otherCut(stack: Stack): Promise<string | null> {
  const { sql, redis, posts } = stack
  const queues = [...new Set(posts.map(({ id }) => stack.keysOf(id).q))]
  const marks = await Promise.all(
    queues.map(q => redis.client.zrangebylex(q, '[!nonce|', '(!nonce}', 'LIMIT', 0, 1)),
  )
  const receipts = new Set((await sql`select nonce from like_receipt`).map(row => row.nonce as string))
  const cuts = marks.flat().map(mark => mark.slice('!nonce|'.length))
  return cuts.find(cut => !receipts.has(cut)) ?? null
}

/**
 * Compares acknowledged presses with the stores; later rounds start from the state of the stores. `hasLost`: Redis has
 * lost data, and the set of a post's likers is filled again as the post is pressed.
 */
export async function assess(stack: Stack, people: readonly Person[], hasLost: boolean): Promise<Damage> {
  const ops = await opsIn(stack)
  const lost: Damage['lost'] = { redis: 0, postgres: 0, browser: 0 }
  for (const person of people) {
    for (const [postId, op] of person.acknowledged) {
      const durable = ops.get(`${postId}|${person.sessionId}`) ?? 0
      if (durable < op) lost[person.promised]++
      if (durable !== op) person.acknowledged.set(postId, durable)
    }
  }
  const checked = await Promise.all([
    ...stack.posts.map(post => driftOf(stack, post, hasLost)),
    ...people.map(person => heartsOf(person, ops)),
  ])
  return { lost, drift: checked.filter(text => text !== null) }
}

/** The op that Postgres holds, by pair. */
async function opsIn({ sql }: Stack): Promise<Map<string, number>> {
  const rows = await sql`
    select post_id || '|' || session_id as pair, op from post_ratings
    union all select post_id || '|' || session_id, op from like_tombstones`
  return new Map(rows.map(row => [row.pair as string, Number(row.op)]))
}

async function driftOf(stack: Stack, { id, base }: Post, hasLost: boolean): Promise<string | null> {
  const { sql, url } = stack
  const { client } = stack.redis
  const keys = stack.keysOf(id)
  const { likes } = await fetch(`${url}/api/likes?ids=${id}`).then(response => response.json())
  const [post] = await sql`select likes from posts_new where id = ${id}`
  const rows = await sql`select session_id from post_ratings where post_id = ${id} order by session_id`
  const rated = rows.map(row => row.session_id as string).sort()
  const [numbers, mirror] = await client.mget(keys.meta(id), keys.likes(id))
  const [count, , , guesses] = (numbers ?? '').split('|')
  const members = hasLost ? rated : (await client.smembers(keys.liked(id))).sort()
  const seen = {
    told: likes[id]?.count,
    redis: Number(count),
    mirror: Number(mirror),
    set: base + members.length,
    postgres: post!.likes,
    rows: base + rated.length,
  }
  const isSame = new Set(Object.values(seen)).size === 1 && members.join() === rated.join()
  return isSame && guesses === '0' ? null : `${id}: ${JSON.stringify({ ...seen, guesses })}`
}

/** What a person is told to like, and does not by the ops in Postgres, or the other way round. */
async function heartsOf(person: Person, ops: ReadonlyMap<string, number>): Promise<string | null> {
  const likes = await person.read()
  const wrong = [...likes].filter(
    ([id, { liked }]) => liked !== ((ops.get(`${id}|${person.sessionId}`) ?? 0) % 2 === 1),
  )
  if (wrong.length === 0) return null
  return `${person.sessionId} is told: ${wrong.map(([id, { liked }]) => `${id} ${liked}`).join(', ')}`
}
