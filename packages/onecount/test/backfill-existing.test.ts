import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Sql } from 'postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { addExisting, applyAll, POSTS, startExisting, type World } from './support/existing'
import { forAllTests } from './support/for-all-tests'

const BIN = join(import.meta.dirname, '../bin/onecount.mjs')

const existing = forAllTests(startExisting)
let world: World
let sql: Sql
beforeEach(async () => {
  world = await existing.begin()
  sql = world.sql
  await addExisting(sql)
  await applyAll(sql)
})

/** The command in a process of its own. */
function backfill(...args: string[]) {
  const child = spawn(process.execPath, [BIN, 'backfill', ...args], {
    env: { ...process.env, REDIS_URL: existing.redisUrl, DATABASE_URL: world.databaseUrl, SUPABASE_URL: '' },
  })
  let out = ''
  child.stdout.on('data', data => {
    out += data
  })
  const ended = new Promise<{ code: number | null; out: string }>(resolve =>
    child.on('close', code => resolve({ code, out })),
  )
  return { child, ended }
}

const REPAIRED = { likesMissing: 1, likesNegative: 1, likesBelowRatings: 2, opsInFuture: 0, revisions: 0 }

describe('onecount backfill on data that cannot be right', () => {
  it('lists the repairs in a dry run, and changes nothing', async () => {
    const before = await world.counts()
    const { code, out } = await backfill('--dry-run').ended
    expect(code).toBe(0)
    expect(out).toMatch(/To repair in Postgres:\nlikes missing +1\nlikes below 0 +1\nlikes below rows +2\n/)
    expect(await world.counts()).toEqual(before)
  })

  it('makes likes at least as many as rows before it says that it is done, and tells what it changed', async () => {
    const { code, out } = await backfill('--json').ended
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      repaired: REPAIRED,
      posts: POSTS.length,
      verified: POSTS.length,
      mismatches: 0,
    })
    expect(await world.counts()).toEqual(Object.fromEntries(POSTS.map(post => [post.id, post.shown])))
    for (const post of POSTS) expect(await world.shown(post.id)).toMatchObject({ count: post.shown })
    const again = await backfill('--json').ended
    expect(JSON.parse(again.out)).toMatchObject({ repaired: { likesMissing: 0, likesBelowRatings: 0 } })
  })

  it('updates repaired posts in a Redis that holds them already', async () => {
    await world.onecount.hydrateAll()
    const { code, out } = await backfill().ended
    expect(code).toBe(0)
    expect(out).toContain('Repaired in Postgres:')
    expect(out).toContain('Redis matches Postgres.')
    expect(await world.onecount.health()).toMatchObject({ unseen: 0 })
    for (const post of POSTS) expect(await world.shown(post.id)).toMatchObject({ count: post.shown })
  })

  it('killed at any moment, is run again and leaves nothing', async () => {
    await sql.unsafe(`
      set onecount.applying = 'on';
      insert into posts_new (id, likes) select gen_random_uuid(), 0 from generate_series(1, 3000);
      insert into post_ratings (post_id, session_id, op)
      select id, 's' || n, 9007199254740993 from posts_new, generate_series(1, 5) n;
      reset onecount.applying`)
    const left = async () =>
      (await sql`select count(*)::integer as n from post_ratings where op = 9007199254740993`)[0]!.n as number
    const all = await left()
    const { child, ended } = backfill('--page-size', '50')
    await expect.poll(left, { interval: 5 }).toBeLessThan(all)
    child.kill('SIGKILL')
    await ended
    const { code, out } = await backfill('--json').ended
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ mismatches: 0 })
    expect(await left()).toBe(0)
    const [row] = await sql`
      select count(*)::integer as n from posts_new p
       where likes < (select count(*) from post_ratings where post_id = p.id) or likes is null`
    expect(row!.n).toBe(0)
  })
})
