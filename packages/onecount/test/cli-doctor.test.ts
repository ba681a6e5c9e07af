import { kindSql } from 'onecount/postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Finding } from '../src/cli/doctor/check'
import { checkKind } from '../src/cli/doctor/postgres'
import { checkRedis } from '../src/cli/doctor/redis'
import { SCRIPT_COMMANDS } from '../src/cli/doctor/scripts'
import { checkSettings } from '../src/cli/doctor/settings'
import { checkBefore } from '../src/cli/doctor/version-before'
import { SCRIPTS } from '../src/redis/scripts.generated'
import { startCli } from './support/cli'
import { connect } from './support/databases'
import { forAllTests } from './support/for-all-tests'
import { article } from './support/kinds'
import { startStores } from './support/stores'

const stores = forAllTests(startStores)
const cli = forAllTests(() => startCli(stores))

beforeEach(() => cli.begin())

const named = (findings: Finding[], check: string) => findings.find(found => found.check === check)

describe('onecount doctor', () => {
  it('fails nothing where all is well, and lists what it looked at', async () => {
    const { code, report } = await cli.json(['doctor'])
    expect(report.findings.filter(({ verdict }: Finding) => verdict === 'fail')).toEqual([])
    expect(report.failed).toBe(0)
    expect(code).toBe(0)
    const checks = report.findings.map((found: Finding) => found.check)
    for (const check of [
      'Redis eviction',
      'version before',
      'functions',
      'grants',
      'partitions',
      'log',
      'backlog',
    ])
      expect(checks).toContain(check)
  })

  it('looks at the other store where one is down, and at the settings always', async () => {
    const noRedis = await cli.json(['doctor'], { REDIS_URL: 'redis://127.0.0.1:9' })
    expect(noRedis.code).toBe(1)
    expect(named(noRedis.report.findings, 'Redis')).toMatchObject({
      verdict: 'fail',
      found: expect.stringContaining('ECONNREFUSED'),
      fix: expect.stringContaining('REDIS_URL'),
    })
    for (const check of ['ONECOUNT_SECRET', 'tables', 'backlog'])
      expect(named(noRedis.report.findings, check)).toMatchObject({ verdict: 'ok' })

    const noPostgres = await cli.json(['doctor'], { DATABASE_URL: 'postgres://me@127.0.0.1:9/none' })
    expect(noPostgres.code).toBe(1)
    expect(named(noPostgres.report.findings, 'Postgres')).toMatchObject({
      verdict: 'fail',
      fix: expect.stringContaining('DATABASE_URL'),
    })
    expect(named(noPostgres.report.findings, 'Redis eviction')).toMatchObject({ verdict: 'ok' })

    const nothing = await cli.json(['doctor'], { REDIS_URL: '', DATABASE_URL: '' })
    expect(nothing.code).toBe(1)
    expect(named(nothing.report.findings, 'stores')).toMatchObject({
      verdict: 'fail',
      found: 'REDIS_URL is not set',
      fix: expect.stringContaining('.env.local'),
    })
    expect(named(nothing.report.findings, 'ONECOUNT_SECRET')).toMatchObject({ verdict: 'ok' })
  })

  it('lists the objects that a database without the migrations lacks', async () => {
    const { code, report } = await cli.json(['doctor'], {
      DATABASE_URL: stores.databaseUrl.replace(/\w+$/, 'postgres'),
    })
    expect(code).toBe(1)
    for (const check of ['tables', 'functions', 'triggers', 'indexes', 'counts'])
      expect(named(report.findings, check)).toMatchObject({
        verdict: 'fail',
        fix: expect.stringContaining('apply what npx onecount migration prints'),
      })
  })

  it('warns of more than 1,000 unseen ops', async () => {
    const unseen = (n: number) => stores.sql`
      insert into like_unseen select gen_random_uuid(), 'ana', 3 from generate_series(1, ${n}::integer)`
    await unseen(1000)
    expect(named((await cli.json(['doctor'])).report.findings, 'backlog')).toMatchObject({ verdict: 'ok' })
    await unseen(1)
    expect(named((await cli.json(['doctor'])).report.findings, 'backlog')).toMatchObject({
      verdict: 'warn',
      found: expect.stringContaining('1001 unseen'),
    })
  })
})

describe('what doctor finds in Postgres', () => {
  let databases = 0

  it.each<[string, string, string]>([
    [
      'unique keys',
      'alter table like_tombstones drop constraint like_tombstones_pkey cascade',
      'add primary key',
    ],
    ['functions', 'drop function onecount_fallback cascade', 'apply what npx onecount migration prints'],
    ['triggers', 'alter table posts_new disable trigger user', 'apply what npx onecount migration prints'],
    ['grants', 'grant select on post_ratings to anon', 'revoke all'],
    [
      'row level security',
      'alter table like_unseen disable row level security',
      'apply what npx onecount migration prints',
    ],
    ['publication', 'alter publication supabase_realtime drop table posts_new', 'add table posts_new'],
    [
      'other triggers',
      `create function mine() returns trigger language plpgsql as
         $$ begin update posts_new set likes = likes + 1; return null; end $$;
       create trigger mine after insert on post_ratings for each row execute function mine()`,
      'drop them',
    ],
    ['indexes', 'drop index post_ratings_session_post_idx', 'apply what npx onecount migration prints'],
    ['indexes', 'drop index like_log_pair_idx', 'apply what npx onecount migration prints'],
    [
      'row level security',
      'alter table like_log disable row level security',
      'apply what npx onecount migration prints',
    ],
    ['partitions', 'select onecount_set_partitions(4)', 'give every process 4 (ONECOUNT_PARTITIONS)'],
    [
      'log',
      `insert into like_log (partition, post_id, session_id, op, prev) values (1, gen_random_uuid(), 'ana', 3, 3)`,
      'select onecount_set_partitions',
    ],
    [
      'log',
      `insert into like_log (partition, post_id, session_id, op, prev) values (0, gen_random_uuid(), 'ana', 3, 0)`,
      'delete from like_log_sums',
    ],
    [
      'log',
      `insert into like_log (partition, post_id, session_id, op, prev)
       select 0, gen_random_uuid(), 'ana', 3, 3 from generate_series(1, 50001)`,
      'npx onecount worker',
    ],
    [
      'service role',
      'revoke execute on all functions in schema public from service_role',
      'apply what npx onecount migration prints',
    ],
    ['tables', 'alter table post_ratings drop column op cascade', 'apply what npx onecount migration prints'],
    ['counts', 'drop table post_ratings cascade', 'apply what npx onecount migration prints'],
  ])('names %s, and how to repair it', async (check, damage, remedy) => {
    const sql = connect(await stores.anotherDatabase(`d${++databases}`), { max: 1 })
    await sql.unsafe(damage)
    const found = named(await checkKind(sql), check)
    await sql.end()
    expect(found).toMatchObject({ fix: expect.stringContaining(remedy) })
    const isWarning = check === 'publication' || remedy === 'npx onecount worker'
    expect(found?.verdict).toBe(isWarning ? 'warn' : 'fail')
  })

  it('leaves the functions of other kinds to them', async () => {
    const sql = connect(await stores.anotherDatabase(`d${++databases}`), { max: 1 })
    await sql.unsafe(`
      create table articles (id bigint primary key, like_count integer not null default 0);
      create table article_likes (article_id bigint not null, user_id uuid not null, created_at timestamptz)`)
    await sql.unsafe(kindSql(article))
    await sql.unsafe('grant execute on function onecount_article_prune to anon')
    const [own, other] = [await checkKind(sql), await checkKind(sql, article)]
    await sql.end()
    expect(named(own, 'grants')).toMatchObject({ verdict: 'ok' })
    expect(named(other, 'grants')).toMatchObject({ verdict: 'fail', found: 'anon: onecount_article_prune' })
  })
})

describe('what doctor finds in Redis', () => {
  it('names an eviction policy that drops keys, and a remedy that survives a restart', async () => {
    await stores.redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const found = named(await checkRedis(stores.redis), 'Redis eviction')
    await stores.redis.config('SET', 'maxmemory-policy', 'noeviction')
    expect(found).toMatchObject({
      verdict: 'fail',
      fix: expect.stringMatching(/noeviction.*CONFIG REWRITE.*redis\.conf/),
    })
  })

  it('warns before its memory is full, and fails where it is', async () => {
    const { redis } = stores
    const memory = async () => named(await checkRedis(redis), 'Redis memory')
    const used = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))![1])
    expect(await memory()).toMatchObject({ verdict: 'ok', found: expect.stringContaining('no maxmemory') })
    try {
      await redis.config('SET', 'maxmemory', Math.round((await used()) * 10))
      expect(await memory()).toMatchObject({ verdict: 'ok', found: expect.stringMatching(/ MB of .* MB/) })
      await redis.config('SET', 'maxmemory', Math.round((await used()) * 1.06))
      expect(await memory()).toMatchObject({ verdict: 'warn', fix: expect.stringContaining('maxmemory') })
      await redis.config('SET', 'maxmemory', 1)
      expect(await memory()).toMatchObject({ verdict: 'fail', fix: expect.stringContaining('every press') })
    } finally {
      await redis.config('SET', 'maxmemory', 0)
    }
  })

  it.each<[string, string, string]>([
    ['no script', '+@all -eval -evalsha', 'NOPERM'],
    ['scripts that write nothing', '+@all -@write +eval +evalsha', 'ZADD'],
    ['no key of the engine', '+@all resetkeys ~app:*', 'NOPERM'],
  ])('names the rights of a user that may run %s', async (_, rules, found) => {
    const { redis } = stores
    const user = redis.duplicate({ username: 'likes', password: 'x', lazyConnect: true })
    const scripts = async () => {
      await user.connect()
      const finding = named(await checkRedis(user), 'Redis scripts')!
      user.disconnect()
      await expect.poll(() => user.status).toBe('end')
      return finding
    }
    await redis.call('ACL', 'SETUSER', 'likes', 'reset', 'on', '>x', '~*', '&*', ...rules.split(' '))
    const finding = await scripts()
    expect(finding).toMatchObject({ verdict: 'fail', found: expect.stringContaining(found) })
    const rights = /~\*.*(?=, then ACL SAVE)/.exec(finding.fix!)![0]
    await redis.call('ACL', 'SETUSER', 'likes', 'reset', 'on', '>x', ...rights.split(' '))
    expect(await scripts()).toEqual({ verdict: 'ok', check: 'Redis scripts', found: 'run' })
    const all = await user.connect().then(() => checkRedis(user))
    user.disconnect()
    await redis.call('ACL', 'DELUSER', 'likes')
    expect(all.filter(({ verdict }) => verdict === 'fail')).toEqual([])
  })

  it('asks for the right to each command of the scripts', () => {
    const called = Object.values(SCRIPTS).flatMap(({ source }) =>
      [...source.matchAll(/redis\.p?call\('(\w+)'/g)].map(([, name]) => name!),
    )
    expect([...new Set(called)].sort()).toEqual([...SCRIPT_COMMANDS].sort())
  })

  it('says what each kind of persistence can lose', async () => {
    const persistence = async (settings: Record<string, string>) => {
      for (const [name, value] of Object.entries(settings)) await stores.redis.config('SET', name, value)
      return named(await checkRedis(stores.redis), 'Redis persistence')
    }
    expect(await persistence({})).toMatchObject({ verdict: 'warn', found: 'nothing is written to disk' })
    expect(await persistence({ save: '60 1' })).toMatchObject({
      verdict: 'warn',
      fix: expect.stringMatching(/appendonly yes.*CONFIG REWRITE.*last snapshot/),
    })
    expect(await persistence({ appendonly: 'yes', appendfsync: 'everysec' })).toMatchObject({
      verdict: 'ok',
      found: expect.stringContaining('last two seconds'),
    })
    expect(await persistence({ appendfsync: 'no' })).toMatchObject({ verdict: 'warn' })
    expect(await persistence({ appendfsync: 'always' })).toMatchObject({
      verdict: 'ok',
      found: expect.stringContaining('loses nothing'),
    })
    await persistence({ appendonly: 'no', save: '' })
  })

  it('says whether processes of the version before are kept out, and what they have left', async () => {
    const { redis, keys } = stores
    const entry = `50050001-aaaa-bbbb-cccc-000000000000|ana|3|0`
    expect(await checkBefore(redis)).toMatchObject({ verdict: 'ok', found: 'kept out' })
    await redis.del(keys.before)
    expect(await checkBefore(redis)).toMatchObject({
      verdict: 'warn',
      fix: expect.stringContaining('SET likes:q'),
    })
    await redis.zadd(keys.before, 0, entry)
    expect(await checkBefore(redis)).toMatchObject({
      verdict: 'warn',
      found: expect.stringContaining('1 entries'),
    })
    expect(await checkBefore(redis, 4)).toMatchObject({
      verdict: 'fail',
      fix: expect.stringContaining('npx onecount worker --once'),
    })
    await redis.rename(keys.before, keys.beforeRest)
    expect(await checkBefore(redis)).toMatchObject({
      verdict: 'warn',
      found: expect.stringContaining('adopted'),
    })
    await redis.flushall()
    expect(await checkBefore(redis)).toMatchObject({ verdict: 'ok', found: 'has left nothing' })
  })

  it('fails a check that this user may not make, and goes on', async () => {
    await stores.redis.call('ACL', 'SETUSER', 'guest', 'on', 'nopass', '+@all', '-info', '~*')
    const guest = stores.redis.duplicate({ username: 'guest', password: 'any', enableReadyCheck: false })
    await guest.connect()
    const findings = await checkRedis(guest)
    guest.disconnect()
    expect(named(findings, 'Redis version')).toMatchObject({
      verdict: 'fail',
      fix: expect.stringContaining('INFO'),
    })
    expect(named(findings, 'Redis clock')).toMatchObject({ verdict: 'ok' })
  })
})

describe('what doctor finds in the settings', () => {
  const [LONG, SHORT] = ['x'.repeat(40), 'short']
  const check = (name: string, value: string, NODE_ENV = 'production') =>
    named(checkSettings({ NODE_ENV, [name]: value }), name)

  it.each([
    ['ONECOUNT_SECRET', LONG, 'ok', '40 characters'],
    ['ONECOUNT_SECRET', `${LONG},${LONG}`, 'ok', '40 and 40 characters'],
    ['ONECOUNT_SECRET', SHORT, 'fail', '5 characters, too few'],
    ['ONECOUNT_SECRET', `${LONG},${SHORT}`, 'fail', '40 and 5 characters, too few'],
    ['ONECOUNT_SECRET', `${LONG},`, 'fail', '40 and 0 characters, too few'],
    ['ONECOUNT_SECRET', '', 'fail', 'not set'],
    ['ONECOUNT_LIMITS', '', 'ok', 'default'],
    ['ONECOUNT_LIMITS', 'session=10/10s', 'ok', 'session=10/10s'],
    ['ONECOUNT_LIMITS', 'off', 'fail', 'off'],
    ['ONECOUNT_LIMITS', 'session=10', 'fail', '"session=10" is not understood'],
    ['ONECOUNT_LIMITS', 'OFF', 'fail', '"OFF" is not understood'],
    ['ONECOUNT_ACK', 'disk', 'fail', 'disk'],
    ['ONECOUNT_PROXY_HOPS', '', 'ok', 'no proxy is trusted'],
    ['ONECOUNT_PROXY_HOPS', '2', 'ok', '2'],
    ['ONECOUNT_PROXY_HOPS', 'two', 'fail', 'two'],
    ['ONECOUNT_TRUSTED_ORIGINS', 'https://app.example.com', 'ok', 'https://app.example.com'],
    ['ONECOUNT_TRUSTED_ORIGINS', '*', 'fail', '"*" is not an origin'],
    ['ONECOUNT_DRAIN_SECRET', LONG, 'ok', '40 characters'],
    ['ONECOUNT_DRAIN_SECRET', SHORT, 'fail', '5 characters'],
    ['CRON_SECRET', SHORT, 'fail', '5 characters'],
    ['ONECOUNT_METRICS_SECRET', LONG, 'ok', '40 characters'],
    ['ONECOUNT_METRICS_SECRET', SHORT, 'fail', '5 characters'],
  ])('judges %s=%s as the server does: %s', (name, value, verdict, words) => {
    const found = check(name, value)
    expect(found?.verdict).toBe(verdict)
    expect(found?.found).toContain(words)
  })

  it('only warns in development where a setting may be missing', () => {
    expect(check('ONECOUNT_SECRET', '', 'development')?.verdict).toBe('warn')
    expect(check('ONECOUNT_LIMITS', 'off', 'development')?.verdict).toBe('warn')
  })
})
