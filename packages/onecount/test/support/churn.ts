import type { PostgresServer } from '@onecount/dev-stack/postgres-server'
import { createOnecount, isLikedOp, nextOp, type Onecount, OnecountError, StoreUnavailable } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { expect } from 'vitest'
import type { RedisPort } from '../../src/core/ports'
import { connect, migrate, ownersTables } from './databases'
import { expectBalanced, opsInPostgres } from './ledger'
import { createRandom } from './random'

const BASE = 5
/** Some in each of four partitions. */
export const POSTS = Array.from(
  { length: 12 },
  (_, n) => `50050001-aaaa-bbbb-cccc-${String(n).padStart(12, '0')}`,
)
export const SESSIONS = Array.from({ length: 24 }, (_, n) => `session-${n}`)

export interface Pressed {
  /** Of each pair the newest op that was acknowledged. */
  told: Map<string, number>
  failed: number
}

/** A migrated database of its own with the posts, divided into partitions. */
export async function churnDatabase(server: PostgresServer, name: string, partitions: number): Promise<Sql> {
  const url = await server.createDatabase(name)
  await migrate(url)
  const sql = connect(url)
  const tables = ownersTables(sql)
  await tables.clear()
  await tables.addPosts(POSTS.map(id => ({ id, likes: BASE })))
  await sql`select onecount_set_partitions(${partitions})`
  return sql
}

export const instancesOn = (redis: RedisPort[], sql: Sql, partitions: number): Onecount[] =>
  redis.map(port =>
    createOnecount({ redis: port, postgres: postgresJsPort(sql), partitions, log: { warn() {} } }),
  )

/** Presses and reads of one session, one after the other, at any of the instances; as many as are asked for, or until it is over. */
export async function press(
  instances: Pick<Onecount, 'set' | 'read'>[],
  session: number,
  ack: 'redis' | 'postgres',
  isOver: (presses: number) => boolean,
): Promise<Pressed> {
  const random = createRandom(session)
  const sessionId = SESSIONS[session]!
  const told = new Map<string, number>()
  let last = 0
  let failed = 0
  for (let presses = 0; !isOver(presses); presses++) {
    const post = random.pick(POSTS)
    const liked = random.chance(0.6)
    last = nextOp(Date.now() * 1000, last, liked)
    try {
      const state = await random.pick(instances).set(post, sessionId, liked, { op: last, ack })
      expect(state.liked).toBe(isLikedOp(state.op))
      if (ack === 'postgres') expect(state.durable).toBe(true)
      told.set(`${post}|${sessionId}`, state.op)
    } catch (error) {
      if (!(error instanceof OnecountError)) throw error
      failed++
    }
    if (random.chance(0.3)) await random.pick(instances).read(POSTS, sessionId)
  }
  return { told, failed }
}

/** Drains at every instance for as long as the work goes on. */
export async function whileDraining<T>(instances: Onecount[], work: Promise<T>): Promise<T> {
  let isOver = false
  const drains = instances.map(async onecount => {
    while (!isOver) {
      const tick = await onecount.drainer.tick().catch(ignoreOutage)
      if (!tick?.more) await new Promise(resolve => setTimeout(resolve, 5))
    }
  })
  const over = work.finally(() => {
    isOver = true
  })
  const [result] = await Promise.all([over, ...drains])
  return result
}

export function ignoreOutage(error: unknown): null {
  if (!(error instanceof StoreUnavailable)) throw error
  return null
}

/** Both stores say the same of every post and every heart, and nothing that was acknowledged is lost. */
export async function expectSame(onecount: Onecount, sql: Sql, pressed: Pressed[]): Promise<void> {
  while ((await onecount.drainer.flush()).more);
  const likes = await expectBalanced(sql, new Map(POSTS.map(id => [id, BASE])))
  const ops = await opsInPostgres(sql)
  for (const session of SESSIONS) {
    for (const [post, state] of await onecount.read(POSTS, session)) {
      expect(state).toMatchObject({ source: 'redis', count: likes.get(post) })
      expect(state.liked).toBe(isLikedOp(ops.get(`${post}|${session}`) ?? 0))
    }
  }
  for (const { told } of pressed)
    for (const [pair, op] of told) expect(ops.get(pair) ?? 0, pair).toBeGreaterThanOrEqual(op)
}
