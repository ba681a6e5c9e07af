import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@onecount/dev-stack/free-port'
import { startSupabase } from '@onecount/dev-stack/supabase'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../src/cli/connect'
import { readSettings } from '../src/cli/settings'
import { OTHER, POST, POSTS, startCli } from './support/cli'
import { forAllTests } from './support/for-all-tests'
import { startStores } from './support/stores'

const stores = forAllTests(startStores)
const cli = forAllTests(() => startCli(stores))
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onecount-settings-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('settings', () => {
  const DEV = { redisUrl: 'redis://dev', supabaseUrl: 'http://dev', secretKey: 'dev' }
  const read = (env: Record<string, string>) => readSettings(folder, { NODE_ENV: 'test', ...env })

  beforeAll(async () => {
    await mkdir(join(folder, '.onecount'))
    await writeFile(join(folder, '.onecount/dev.json'), JSON.stringify({ appUrl: 'http://app', ...DEV }))
  })

  it('are those of the local stack where none names a store', () => {
    expect(read({})).toEqual({ ...DEV, isLocal: true })
  })

  it('are those of the local stack where it uses the store that is named, too', () => {
    expect(read({ REDIS_URL: DEV.redisUrl })).toEqual({ ...DEV, isLocal: true })
  })

  it.each([
    [{ REDIS_URL: 'redis://prod' }, 'SUPABASE_URL is not set although REDIS_URL is'],
    [{ DATABASE_URL: 'postgres://prod' }, 'REDIS_URL is not set although DATABASE_URL is'],
    [{ SUPABASE_SECRET_KEY: 'prod' }, 'REDIS_URL is not set although SUPABASE_SECRET_KEY is'],
    [
      { REDIS_URL: 'redis://prod', NEXT_PUBLIC_SUPABASE_URL: 'https://prod' },
      'SUPABASE_SECRET_KEY is not set although REDIS_URL, NEXT_PUBLIC_SUPABASE_URL are',
    ],
  ])('never mix the local stack with %j', (env, words) => {
    expect(() => read(env as Record<string, string>)).toThrow(words)
  })
})

describe('a store that cannot be used', () => {
  const SECRET = 'hunter/2#x'
  const encoded = encodeURIComponent(SECRET)
  const refused = async (settings: { redisUrl?: string; databaseUrl?: string }) => {
    const error = await connect({
      redisUrl: stores.redisUrl,
      databaseUrl: stores.databaseUrl,
      ...settings,
    }).catch((thrown: Error) => thrown)
    expect(error).toBeInstanceOf(Error)
    const { message } = error as Error
    expect(message).not.toContain(SECRET)
    expect(message).not.toContain(encoded)
    return message
  }

  it.each([
    [{ redisUrl: `redis://:${encoded}@127.0.0.1:9` }, 'ECONNREFUSED', 'REDIS_URL'],
    [{ redisUrl: `redis://:${encoded}@host:port` }, 'cannot be read', 'REDIS_URL'],
    [{ redisUrl: `redis://user:${SECRET}@host` }, 'cannot be read', 'REDIS_URL'],
    [{ redisUrl: `redis://user:x@${SECRET}@host` }, 'cannot be read', 'REDIS_URL'],
    [{ redisUrl: 'rds://host' }, 'cannot be read', 'REDIS_URL'],
    [{ databaseUrl: `postgres://me:${encoded}@127.0.0.1:9/none` }, 'ECONNREFUSED', 'DATABASE_URL'],
    [{ databaseUrl: `postgres://me:${SECRET}@host/none` }, 'cannot be read', 'DATABASE_URL'],
    [{ databaseUrl: 'localhost:5432/none' }, 'cannot be read', 'DATABASE_URL'],
  ])('is named with the cause and the setting: %j', async (settings, cause, setting) => {
    const message = await refused(settings)
    expect(message).toContain(cause)
    expect(message).toContain(setting)
  })

  it('ends the command with exit code 2, one line and no stack', async () => {
    const { code, out, err } = await cli.run(['verify'], { REDIS_URL: 'redis://127.0.0.1:9' })
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/^Redis does not answer \(connect ECONNREFUSED 127.0.0.1:9\): .*REDIS_URL.*\n$/)
  })

  it('is named when Redis does not have the database of its address', async () => {
    const of = (db: string) => ({ REDIS_URL: `${stores.redisUrl}/${db}` })
    const { code, out, err } = await cli.run(['verify'], of('99'))
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/^Redis has no database 99 \(ERR .*\): correct the number at the end of REDIS_URL\n$/)
    const { report } = await cli.json(['doctor'], of('99'))
    expect(report.findings).toContainEqual({
      verdict: 'fail',
      check: 'Redis',
      found: expect.stringContaining('no database 99'),
      fix: expect.stringContaining('REDIS_URL'),
    })
    const words = await cli.json(['verify'], of('abc'))
    expect(words.report).toMatchObject({ code: 'misconfigured', setting: 'REDIS_URL' })
    expect((await cli.json(['doctor'], of('abc'))).report.findings).toContainEqual({
      verdict: 'fail',
      check: 'Redis',
      found: expect.stringContaining('no number'),
      fix: expect.any(String),
    })
    const serve = await cli.run(['serve', '--port', '0'], of('abc'))
    expect(serve).toMatchObject({ code: 2, err: expect.stringMatching(/^REDIS_URL names .* no number/) })
  })

  it('is named when the database or the migrations are missing', async () => {
    expect(await refused({ databaseUrl: stores.databaseUrl.replace(/\w+$/, 'nowhere') })).toMatch(
      /no such database.*"nowhere".*DATABASE_URL/,
    )
    expect(await refused({ databaseUrl: stores.databaseUrl.replace(/\w+$/, 'postgres') })).toMatch(
      /migrations are missing.*onecount_cut_status.*npx onecount migration/,
    )
  })

  it('is named when Postgres does not take a parameter of the address, with the way to correct it', async () => {
    const databaseUrl = `${stores.databaseUrl}?sslmode=disable&conection_limit=1`
    const error = 'Postgres does not take the parameter conection_limit of DATABASE_URL'
    const fix = 'remove conection_limit from what follows the ? in DATABASE_URL'
    const verified = await cli.json(['verify'], { DATABASE_URL: databaseUrl })
    expect(verified).toMatchObject({
      code: 2,
      report: { error: expect.stringContaining(error), code: 'unreachable', setting: 'DATABASE_URL', fix },
    })
    const { report } = await cli.json(['doctor'], { DATABASE_URL: databaseUrl })
    expect(report.findings).toContainEqual({
      check: 'Postgres',
      verdict: 'fail',
      found: expect.stringContaining(error),
      fix,
    })
  })

  it('is named when REST is not there, with SUPABASE_URL', async () => {
    const supabaseUrl = `http://127.0.0.1:${await freePort()}`
    const message = await connect({ redisUrl: stores.redisUrl, supabaseUrl, secretKey: SECRET }).catch(
      (thrown: Error) => thrown.message,
    )
    expect(message).toMatch(/Postgres does not answer \(.*ECONNREFUSED.*SUPABASE_URL/)
  })

  it('is named when Redis refuses the password, or wants one', async () => {
    const { redis } = stores
    await redis.config('SET', 'requirepass', 'right')
    try {
      const wrong = stores.redisUrl.replace('://', `://:${encoded}@`)
      expect(await refused({ redisUrl: wrong })).toMatch(/refuses the login \(WRONGPASS.*REDIS_URL/)
      expect(await refused({})).toMatch(/refuses the login \(NOAUTH.*REDIS_URL/)
    } finally {
      await redis.config('SET', 'requirepass', '')
    }
  })

  it('is named when Postgres refuses the password', async () => {
    const { sql } = stores
    const [row] = await sql`show hba_file`
    const rules = await readFile(row!.hba_file, 'utf8')
    await sql.unsafe(`create role guest login password 'right'`)
    await writeFile(row!.hba_file, `host all guest 127.0.0.1/32 scram-sha-256\n${rules}`)
    await sql`select pg_reload_conf()`
    const wrong = stores.databaseUrl.replace('postgres@', `guest:${encoded}@`)
    await expect
      .poll(() => refused({ databaseUrl: wrong }))
      .toMatch(/refuses the login \(.*"guest".*DATABASE_URL/)
  })
})

describe('an address of Postgres with parameters of other clients', () => {
  it.each([
    '?pgbouncer=true&schema=public&connection_limit=1&pool_timeout=10&statement_cache_size=0&socket_timeout=5',
    '?sslmode=disable&channel_binding=prefer&keepalives=1&keepalives_idle=30&gssencmode=disable',
    '?connect_timeout=10&application_name=likes&target_session_attrs=read-write&sslrootcert=ca.pem&sslmode=prefer',
  ])('is used without them: %s', async query => {
    await cli.begin()
    const env = { DATABASE_URL: stores.databaseUrl + query }
    expect(await cli.json(['verify'], env)).toMatchObject({ code: 0, report: { posts: POSTS.length } })
    expect(await cli.json(['doctor'], env)).toMatchObject({ code: 0, report: { failed: 0 } })
  })
})

describe('Postgres through REST', () => {
  let supabase: Awaited<ReturnType<typeof startSupabase>>
  const settings = () => ({
    redisUrl: stores.redisUrl,
    supabaseUrl: supabase.url,
    secretKey: supabase.secretKey,
  })

  beforeAll(async () => {
    await cli.begin()
    supabase = await startSupabase({ databaseUrl: stores.databaseUrl })
  })
  afterAll(() => supabase.stop())

  it('tells which posts Redis has yet to forget, however many are asked for', async () => {
    await stores.sql`update posts_new set likes = likes + 5 where id = ${OTHER.id}`
    const others = Array.from({ length: 150 }, (_, i) => POST.id.replace(/....$/, String(1000 + i)))
    const { toForget, close } = await connect(settings())
    expect(await toForget([...others, POST.id, OTHER.id])).toEqual(new Set([OTHER.id]))
    await close()
  })

  it('is refused with a wrong key, which is named by its setting', async () => {
    const wrong = connect({ ...settings(), secretKey: 'sb_secret_wrong' })
    await expect(wrong).rejects.toThrow(/refuses the key .*SUPABASE_SECRET_KEY/)
  })

  it('is not looked into by doctor', async () => {
    const { report } = await cli.json(['doctor'], {
      DATABASE_URL: '',
      SUPABASE_URL: supabase.url,
      SUPABASE_SECRET_KEY: supabase.secretKey,
    })
    expect(report).toMatchObject({ failed: 0 })
    expect(report.findings).toContainEqual(expect.objectContaining({ check: 'Postgres', verdict: 'skipped' }))
  })
})

describe('a driver that is not installed', () => {
  const lacking = async (installed: string[], env: Record<string, string>) => {
    const root = await mkdtemp(join(tmpdir(), 'onecount-drivers-'))
    const modules = join(import.meta.dirname, '../../../node_modules')
    try {
      for (const part of ['dist', 'bin', 'sql', 'package.json'])
        await cp(join(import.meta.dirname, '..', part), join(root, 'onecount', part), { recursive: true })
      await mkdir(join(root, 'node_modules/@supabase'), { recursive: true })
      for (const name of installed) await symlink(join(modules, name), join(root, 'node_modules', name))
      return await cli.run(['verify'], env, join(root, 'onecount/bin/onecount.mjs'))
    } finally {
      await rm(root, { recursive: true })
    }
  }
  const REST = { DATABASE_URL: '', SUPABASE_URL: 'http://127.0.0.1:9', SUPABASE_SECRET_KEY: 'key' }

  it.each<[string, string[], Record<string, string>]>([
    ['postgres', ['ws', 'ioredis', '@supabase/supabase-js'], {}],
    ['@supabase/supabase-js', ['ws', 'ioredis', 'postgres'], REST],
    ['ioredis', ['ws', 'postgres'], {}],
  ])('is named with the way to install it: %s', async (name, installed, env) => {
    expect(await lacking(installed, env)).toEqual({
      code: 2,
      out: '',
      err: `${name} is not installed: npm install ${name}\n`,
    })
  })

  it('does not matter where its store is reached another way', async () => {
    await cli.begin()
    expect(await lacking(['ws', 'ioredis', 'postgres'], {})).toMatchObject({ code: 0 })
  })
})
