import { randomUUID } from 'node:crypto'
import type { Sql } from 'postgres'
import { expect } from 'vitest'
import type { PairOp, PostgresPort } from '../../src/core/ports'

/** One post that holds nearly all of the million rows, and a hundred thousand cold ones beside it. */
export const HOT = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
export const coldPost = (n: number) => `60060001-aaaa-bbbb-cccc-${String(n).padStart(12, '0')}`

/** Postgres refuses every op of a session that begins with "barred". */
export const BARRED = `
  create function barred() returns trigger language plpgsql as
    $$ begin raise exception 'a session is barred'; end $$;
  create trigger barred before insert on post_ratings for each row when (new.session_id like 'barred%')
    execute function barred();
  create trigger barred_too before delete on post_ratings for each row when (old.session_id like 'barred%')
    execute function barred()`

const now = () => Date.now() * 1000

/** So many ops are set aside, each of a post of its own. */
export const REFUSED = 20_000
export const REFUSED_OP = 3590000000000003

let deleted = 0

/** Every call of the port, and edits by hand, on `n` posts or pairs: what it costs may depend on n, and on nothing else. */
export const calls = (port: PostgresPort, sql: Sql, post: (i: number) => string) => {
  const some = (n: number) => Array.from({ length: n }, (_, i) => post(i))
  const like = (postId: string, sessionId: string) => ({ postId, sessionId, op: 2 * now() + 1, liked: true })
  const unlike = (postId: string, sessionId: string) => ({ postId, sessionId, op: 2 * now(), liked: false })
  let parent: string | undefined
  const sync = async (pairs: ReturnType<typeof like>[], seen: ReturnType<typeof like>[]) => {
    const batch = { partition: 0, parent: parent ?? '', nonce: randomUUID(), limit: 10 }
    const entries = pairs.map(pair => ({ ...pair, rev: 0 }))
    const result = await port.sync({ ...batch, entries, seen })
    if (result.status === 'rejected') parent = result.receipt
    else parent = batch.nonce
    return result.status
  }
  const session = () => randomUUID()
  const refused = (from: number, n: number): PairOp[] =>
    Array.from({ length: n }, (_, i) => ({ postId: coldPost(from + i), sessionId: 'barred', op: REFUSED_OP }))
  return {
    like: { n: 1, run: () => port.write([like(post(0), session())], now()) },
    unlike: { n: 1, run: () => port.write([unlike(post(1), session())], now()) },
    'likes and unlikes in one call': {
      n: 100,
      run: () =>
        port.write(
          some(100).map((id, i) => (i % 2 ? like : unlike)(id, session())),
          now(),
        ),
    },
    'a like of a hot post': { n: 1, run: () => port.write([like(HOT, session())], now()) },
    'a like taken back': {
      n: 1,
      run: () => port.write([unlike(HOT, 'hot-1')], now()),
    },
    'the fallback of the version before': {
      n: 1,
      run: () => sql`select onecount_fallback(${post(2)}, ${session()}, ${2 * now() + 1}, ${now()})`,
    },
    sync: {
      n: 100,
      run: async () => {
        if (!parent) await sync([], [])
        const pairs = some(98).map((id, i) => (i % 2 ? like : unlike)(id, session()))
        const status = await sync([...pairs, like(HOT, session()), unlike(HOT, 'hot-2')], pairs)
        expect(status).toBe('applied')
      },
    },
    peek: {
      n: 100,
      run: () =>
        port.peek(
          [HOT, ...some(49)],
          'hot-3',
          some(50).map(id => like(id, session())),
        ),
    },
    'peek for nobody': { n: 50, run: () => port.peek([HOT, ...some(49)], null, []) },
    snapshot: { n: 100, run: () => port.snapshot(some(100)) },
    posts: { n: 100, run: () => port.posts(post(10), 100) },
    session: { n: 10, run: () => port.session('cold-1', null, 10) },
    // What is set aside is counted up to a thousand.
    status: { n: 1000, run: () => port.status(0) },
    'a row inserted by hand': {
      n: 1,
      run: () => sql`insert into post_ratings (post_id, session_id) values (${HOT}, ${session()})`,
    },
    'a row deleted by hand': {
      n: 1,
      run: () => sql`delete from post_ratings where post_id = ${HOT} and session_id = 'hot-4'`,
    },
    'likes raised by hand': {
      n: 1,
      run: () => sql`update posts_new set likes = likes + 1 where id = ${HOT}`,
    },
    'a post removed': {
      n: 1,
      run: async () => {
        await sql`insert into posts_new (id, author_id, caption, image_url)
          select ${'70070001-aaaa-bbbb-cccc-ddddeeee0001'}::uuid, id, '', '' from profiles limit 1`
        await port.write([like('70070001-aaaa-bbbb-cccc-ddddeeee0001', 'ana')], now())
        await port.removePost('70070001-aaaa-bbbb-cccc-ddddeeee0001')
      },
    },
    'a batch with a refused op': {
      // One among a hundred is alone after seven halvings.
      n: 300,
      run: async () => {
        if (!parent) await sync([], [])
        const pairs = some(99).map(id => like(id, session()))
        expect(await sync([...pairs, like(HOT, `barred-${session()}`)], [])).toBe('applied')
      },
    },
    'a batch of refused ops alone': {
      n: 30,
      run: async () => {
        if (!parent) await sync([], [])
        const pairs = some(3).map(id => like(id, `barred-${session()}`))
        expect(await sync([...pairs, like(HOT, `barred-${session()}`)], [])).toBe('applied')
      },
    },
    'a refused unlike of a hot post': {
      n: 30,
      run: async () => {
        if (!parent) await sync([], [])
        expect(await sync([unlike(HOT, 'barred')], [])).toBe('applied')
      },
    },
    'presses of which one is refused': {
      n: 30,
      run: () => port.write([like(post(3), session()), like(HOT, `barred-${session()}`)], now()),
    },
    'a page of refused ops': {
      n: 50,
      run: async () => {
        const page = await port.refused({}, { postId: coldPost(REFUSED - 100), sessionId: 'x', op: 1 }, 50)
        expect(page).toHaveLength(50)
      },
    },
    'the refused ops of a post': {
      n: 1,
      run: () => port.refused({ postId: coldPost(REFUSED - 100) }, null, 50),
    },
    // Twenty that are refused again: five halvings, each of all of them.
    'refused ops tried again': { n: 20 * 5, run: () => port.retryRefused(refused(REFUSED - 40, 20)) },
    'refused ops dropped': { n: 20, run: () => port.dropRefused(refused(REFUSED - 20, 20)) },
    likes: { n: 100, run: () => port.likes(post(10), 100) },
    'the receipt taken over': { n: 1, run: () => port.takeOver(0, 'another', 'one') },
    'a page of the repair of posts': {
      n: 100,
      run: async () => {
        await unnoticed(sql, `update posts_new set likes_rev = -1 where id = '${coldPost(20)}'`)
        const [row] = await sql`select onecount_repair_posts(${coldPost(10)}, null, 100, false) as done`
        expect(row!.done).toMatchObject({ revisions: 1 })
      },
    },
    'a page of the repair of ratings': {
      n: 4,
      run: () => sql`select onecount_repair_ratings(5, 4, 500, false)`,
    },
    'a page of the repair of tombstones': {
      // Each of the rows of a block.
      n: 4 * 100,
      run: () => sql`select onecount_repair_tombstones(1, 4, 500, false)`,
    },
    'likes made missing by hand': {
      n: 1,
      run: () => sql`update posts_new set likes = null where id = ${coldPost(30)}`,
    },
    'likes made negative by hand': {
      n: 1,
      run: () => sql`update posts_new set likes = -1 where id = ${coldPost(31)}`,
    },
    'missing likes set by hand': {
      n: 2,
      run: async () => {
        await unnoticed(
          sql,
          `alter table posts_new disable trigger onecount_clamp_likes;
           update posts_new set likes = null where id = '${coldPost(32)}';
           alter table posts_new enable trigger onecount_clamp_likes`,
        )
        await sql`update posts_new set likes = 5 where id = ${coldPost(32)}`
      },
    },
    'rows moved by hand': {
      n: 4,
      run: async () => {
        await sql`delete from post_ratings where post_id = ${coldPost(34)} and session_id = 'cold-33'`
        await sql`update post_ratings set post_id = ${coldPost(34)}
                   where post_id = ${coldPost(33)} and session_id = 'cold-33'`
        await sql`update post_ratings set post_id = ${coldPost(33)}
                   where post_id = ${coldPost(34)} and session_id = 'cold-33'`
      },
    },
    'posts deleted by hand': {
      n: 50,
      run: () => {
        const first = 50_000 + 100 * deleted++
        return sql`delete from posts_new where id = any (${Array.from({ length: 50 }, (_, i) => coldPost(first + i))})`
      },
    },
  } satisfies Record<string, { n: number; run(): Promise<unknown> }>
}

/** Leaves rows behind as a restore does. */
const unnoticed = (sql: Sql, text: string) =>
  sql.unsafe(`begin; select set_config('onecount.applying', 'on', true); ${text}; commit`)
