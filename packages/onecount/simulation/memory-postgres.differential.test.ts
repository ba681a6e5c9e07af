import { postgresJsPort } from 'onecount/postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgresServer } from '@/dev/services/postgres-server'
import { isLikedOp } from '../src/core/op'
import type { PairOp, PostgresPort, Snapshot } from '../src/core/ports'
import { connect, migrate, ownersTables } from '../test/support/databases'
import { type Random, seeded } from '../test/support/random'
import { createMemoryPostgres } from './memory-postgres'

const POSTS = [0, 1, 2].map(i => `70070000-0000-4000-8000-00000000000${i}`)
const SESSIONS = ['a', 'b', 'c']
const TABLES = ['post_ratings', 'like_tombstones', 'like_unseen'] as const
const T = 1_795_000_000_000_000
const STEPS = 300

let server: PostgresServer
let sql: ReturnType<typeof connect>
let real: PostgresPort
let tables: ReturnType<typeof ownersTables>
const memory = createMemoryPostgres({ newId: () => 'the first receipt' })
beforeAll(async () => {
  server = await startPostgresServer({ fsync: false })
  const url = await server.createDatabase('differential')
  await migrate(url)
  sql = connect(url)
  real = postgresJsPort(sql)
  tables = ownersTables(sql)
})
afterAll(async () => {
  await sql.end()
  await server.stop()
})
beforeEach(async () => {
  const posts = POSTS.map((id, i) => ({ id, likes: 10 * i }))
  await tables.clear()
  await sql`insert into like_receipt values (0, 'the first receipt')`
  await tables.addPosts(posts)
  memory.clear()
  memory.addPosts(posts)
  // A database has a receipt from its first batch on.
  const first = { partition: 0, parent: 'none', nonce: 'none', entries: [], seen: [], limit: 1 }
  expect(await memory.port.sync(first)).toMatchObject({ receipt: 'the first receipt' })
})

const someOp = (random: Random) => 2 * (T + random.below(12)) + random.below(2)
const somePair = (random: Random): PairOp => ({
  postId: random.pick(POSTS),
  sessionId: random.pick(SESSIONS),
  op: someOp(random),
})
const somePairs = (random: Random) => Array.from({ length: random.below(5) }, () => somePair(random))

/** Ops of marks that a post is to be forgotten are of each database's own clock. */
const withoutMarks = <T extends { sessionId: string; op: number }>(rows: T[]) =>
  rows.map(row => (row.sessionId === '' ? { ...row, op: 0 } : row))

const inSessions = ({ ratings, unseen, receipt: _, ...rest }: Snapshot) => {
  const bySession = (a: { sessionId: string }, b: { sessionId: string }) =>
    a.sessionId < b.sessionId ? -1 : 1
  return { ...rest, ratings: ratings.sort(bySession), unseen: unseen.sort(bySession) }
}

describe('the SQL functions and their twin in memory', () => {
  it('answer the same and hold the same after every call', async () => {
    await seeded(async random => {
      let parent = 'the first receipt'
      let unseen: PairOp[] = []
      for (let step = 0; step < STEPS; step++) {
        const both = async <T>(call: (port: PostgresPort) => Promise<T>): Promise<[T, T]> => [
          await call(real),
          await call(memory.port),
        ]
        const act = random.below(10)
        const now = T + step
        const { postId, sessionId } = somePair(random)
        if (act < 4) {
          const batch = {
            partition: 0,
            parent: random.chance(0.9) ? parent : 'another history',
            nonce: `n${step}`,
            entries: somePairs(random).map(pair => ({ ...pair, rev: random.below(2) * now })),
            seen: random.chance(0.5) ? unseen.filter(row => row.sessionId !== '') : somePairs(random),
            limit: 1 + random.below(10),
          }
          const [answer, twin] = await both(port => port.sync(batch))
          if (answer.status !== 'applied' || twin.status !== 'applied') expect(twin).toEqual(answer)
          else {
            expect({ ...twin, gone: twin.gone.sort(), unseen: withoutMarks(twin.unseen) }).toEqual({
              ...answer,
              gone: answer.gone.sort(),
              unseen: withoutMarks(answer.unseen),
            })
            parent = batch.nonce
            unseen = answer.unseen
          }
        } else if (act < 7) {
          const pairs = new Map(
            [somePair(random), ...somePairs(random)].map(pair => [pair.postId + pair.sessionId, pair]),
          )
          const writes = [...pairs.values()].map(pair => ({
            ...pair,
            op: random.chance(0.3) ? null : pair.op,
            liked: isLikedOp(pair.op),
          }))
          const clock = random.chance(0.02) ? now - 2 * STEPS : now
          const options = random.chance(0.5) ? { ahead: random.below(8) } : undefined
          const [answer, twin] = await both(port => port.write(writes, clock, options))
          expect(twin).toEqual(answer)
        } else if (act < 8) {
          const pending = somePairs(random)
          const [answer, twin] = await both(port => port.peek(POSTS, sessionId, pending))
          const inOrder = (states: typeof answer) => states.sort((a, b) => (a.postId < b.postId ? -1 : 1))
          expect(inOrder(twin)).toEqual(inOrder(answer))
          const [snapshots, twins] = await both(port => port.snapshot([postId]))
          expect(twins.map(inSessions)).toEqual(snapshots.map(inSessions))
        } else if (act < 9) {
          const session = random.pick(SESSIONS)
          for (const call of [
            (port: PostgresPort) => port.posts(null, 10),
            (port: PostgresPort) => port.session(session, null, 10),
            (port: PostgresPort) => port.likes(null, 10),
            (port: PostgresPort) => port.ranking(10),
            (port: PostgresPort) => port.status(0),
          ]) {
            const [answer, twin] = await both<unknown>(call)
            expect(twin).toEqual(answer)
          }
        } else if (random.chance(0.1)) {
          await tables.removePost(postId)
          memory.removePost(postId)
          await tables.addPosts([{ id: postId, likes: 5 }])
          memory.addPosts([{ id: postId, likes: 5 }])
        }
        for (const id of POSTS) {
          expect(memory.post(id)).toEqual(await tables.post(id))
          for (const table of TABLES)
            expect(withoutMarks(memory.rows(table, id))).toEqual(withoutMarks(await tables.rows(table, id)))
        }
      }
    })
  })
})
