import { startRedisServer } from '@onecount/dev-stack/redis-server'
import type { Onecount } from 'onecount'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Finding } from '../src/cli/doctor/check'
import { checkKind } from '../src/cli/doctor/postgres'
import { ABSENT, OTHER, POST, startCli } from './support/cli'
import { connect } from './support/databases'
import { forAllTests } from './support/for-all-tests'
import { startStores } from './support/stores'

const stores = forAllTests(startStores)
const cli = forAllTests(() => startCli(stores))
let app: Onecount

const BARRED = `alter table post_ratings add constraint mine check (session_id not like 'barred%') not valid`
const named = (findings: Finding[], check: string) => findings.find(found => found.check === check)

describe('onecount refused', () => {
  beforeEach(async () => {
    await stores.sql`delete from like_refused`
    await stores.sql.unsafe('alter table post_ratings drop constraint if exists mine')
    app = await cli.begin()
    await stores.sql.unsafe(BARRED)
    await app.set(POST.id, 'barred-ana', true)
    await app.set(OTHER.id, 'barred-ben', true)
    await app.drainer.flush()
  })

  it('lists the ops that are set aside, and the reasons', async () => {
    const { code, report } = await cli.json(['refused'])
    expect(code).toBe(1)
    expect(report).toMatchObject({
      refused: 2,
      listed: [
        {
          postId: POST.id,
          sessionId: 'barred-ana',
          sqlstate: '23514',
          message: expect.stringContaining('"mine"'),
          refusedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        },
        { postId: OTHER.id, sessionId: 'barred-ben' },
      ],
    })
    const { out } = await cli.run(['refused', '--post', OTHER.id])
    expect(out).toMatch(/^post .*\n.*barred-ben +like +\S+ +new row .*\(23514\)\n1 set aside\.\n$/)
    expect((await cli.json(['refused', '--session', 'without-refusals'])).code).toBe(0)
  })

  it('retries all or some: those whose cause is gone land, once, and Redis follows', async () => {
    expect(await cli.json(['refused', '--retry'])).toMatchObject({
      code: 1,
      report: { landed: 0, refused: 2 },
    })
    await stores.sql.unsafe('alter table post_ratings drop constraint mine')
    expect(await cli.json(['refused', '--retry', '--session', 'barred-ana'])).toMatchObject({
      code: 0,
      report: { landed: 1, refused: 0 },
    })
    expect(await cli.json(['refused', '--retry'])).toMatchObject({
      code: 0,
      report: { landed: 1, refused: 0 },
    })
    expect(await cli.json(['refused', '--retry'])).toMatchObject({ code: 0, report: { landed: 0 } })
    await app.drainer.flush()
    await app.read([POST.id, OTHER.id])
    for (const post of [POST, OTHER]) {
      const { redis, postgres } = await stores.compare(post)
      expect(postgres.count).toBe(post.base + 3)
      expect(redis).toEqual(postgres)
    }
    expect((await cli.json(['verify'])).code).toBe(0)
  })

  it('drops, and no press comes back of it', async () => {
    expect(await cli.json(['refused', '--drop', '--post', POST.id])).toMatchObject({
      code: 0,
      report: { dropped: 1, refused: 0 },
    })
    await stores.sql.unsafe('alter table post_ratings drop constraint mine')
    expect(await cli.json(['refused', '--retry'])).toMatchObject({ report: { landed: 1 } })
    expect((await stores.compare(POST)).postgres.members).toEqual(['ana', 'ben'])
  })

  it.each([
    [['--retry', '--drop'], 'choose one'],
    [['--post', 'x'], '--post x is no id of a post'],
    [['--session', '!'], '--session ! is no id of a session'],
    [['--everything'], '--everything'],
  ])('%j is wrong usage', async (args, words) => {
    const { code, err } = await cli.run(['refused', ...args])
    expect(code).toBe(2)
    expect(err).toContain(words)
  })

  it('prints its help', async () => {
    const { code, out } = await cli.run(['refused', '--help'])
    expect(code).toBe(0)
    expect(out).toContain('--retry')
  })

  it('is the remedy that doctor names', async () => {
    const { code, report } = await cli.json(['doctor'])
    expect(code).toBe(0)
    expect(named(report.findings, 'refused ops')).toMatchObject({
      verdict: 'warn',
      found: '2 set aside',
      fix: expect.stringContaining('npx onecount refused'),
    })
    expect((await app.health()).status).toBe('degraded')
    await stores.sql`delete from posts_new where id = ${OTHER.id}`
    expect(named((await cli.json(['doctor'])).report.findings, 'refused ops')?.found).toBe('1 set aside')
    expect((await cli.json(['refused', '--post', ABSENT])).code).toBe(0)
  })
})

describe('onecount takeover', () => {
  const second = forAllTests(startRedisServer)

  it('gives Postgres to the Redis of REDIS_URL; doctor and the other commands say where it belongs', async () => {
    await stores.sql.unsafe('alter table post_ratings drop constraint if exists mine')
    app = await cli.begin()
    const there = { REDIS_URL: second.url }
    for (const command of [['verify'], ['reconcile', '--from', 'redis'], ['worker', '--once']]) {
      const { code, err } = await cli.run(command, there)
      expect(code).toBe(2)
      expect(err).toContain('postgres belongs to another Redis')
    }
    expect(named((await cli.json(['doctor'], there)).report.findings, 'owner')).toMatchObject({
      verdict: 'fail',
      fix: expect.stringContaining('npx onecount takeover'),
    })

    const { code, report } = await cli.json(['takeover'], there)
    expect(code).toBe(0)
    expect(report).toMatchObject({ changed: true, more: false })
    expect(report.owner).not.toBe(report.before)
    expect(named((await cli.json(['doctor'], there)).report.findings, 'owner')).toMatchObject({
      verdict: 'ok',
    })
    expect((await cli.run(['takeover'], there)).out).toContain('belongs to this Redis already')
    expect(await app.drainer.flush().catch((error: Error) => error.name)).toBe('ForeignRedis')
    expect((await cli.run(['takeover', '--help'])).out).toContain('Exit code')
  })
})

describe('the width of likes', () => {
  it('is warned of, and widened with every trigger as it was', async () => {
    const sql = connect(await stores.anotherDatabase('width'), { max: 1 })
    const triggers = async () => [
      ...(await sql`select tgname, tgenabled, pg_get_triggerdef(oid) from pg_trigger
                     where not tgisinternal order by tgname`),
    ]
    await sql`alter table posts_new disable trigger onecount_removed_by_hand`
    const before = await triggers()
    expect(named(await checkKind(sql), 'width of likes')).toMatchObject({
      verdict: 'warn',
      fix: expect.stringContaining('onecount_widen_likes()'),
    })
    await sql`select onecount_widen_likes()`
    expect(named(await checkKind(sql), 'width of likes')).toMatchObject({ verdict: 'ok' })
    expect(await triggers()).toEqual(before)
    await sql.end()
  })
})
