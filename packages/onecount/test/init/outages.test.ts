import { readFile, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { freePort } from '@onecount/dev-stack/free-port'
import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { postgresFailure, Unreachable } from '../../src/cli/unreachable'
import { createApplication, type TestApplication } from '../support/application'
import { connect } from '../support/databases'
import { forAllTests } from '../support/for-all-tests'

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let DATABASE_URL: string
beforeAll(async () => {
  DATABASE_URL = await server.createDatabase('outages')
  const sql = connect(DATABASE_URL, { max: 1 })
  await sql.unsafe(`
    create table articles (id bigint primary key);
    create table article_likes (article_id bigint not null references articles, user_id uuid not null,
      created_at timestamptz not null default now(), primary key (article_id, user_id));
    create role guest login password 'right'`)
  const [row] = await sql`show hba_file`
  const rules = await readFile(row!.hba_file, 'utf8')
  const ofGuests = 'host all guest 127.0.0.1/32 scram-sha-256\nhost all barred 127.0.0.1/32 reject\n'
  await writeFile(row!.hba_file, ofGuests + rules)
  await sql`select pg_reload_conf()`
  // The server reads its rules with the next connection after the signal has come.
  await vi.waitFor(
    async () => {
      const barred = connect(as('barred:any'), { max: 1 })
      const code = await barred`select 1`.catch(error => error.code).finally(() => barred.end())
      expect(code).toBe('28000')
    },
    { timeout: 30_000 },
  )
  await sql.end()
})

const as = (login: string) => DATABASE_URL.replace(/\/\/[^@]*@/, `//${login}@`)

const GOOD = `{ kinds: { like: {
  target: { table: 'articles', id: 'bigint' },
  rows: { table: 'article_likes', target: 'article_id', actor: 'user_id' },
  actor: 'uuid',
} } }`
/** What a build has left of a configuration that was checked. */
const TORN = `{ kinds: { like: {
  name: 'like', isDefault: false, isPrivate: false, target: { table: 'articles', column: 'id', id: 'bigint' } } } }`

let app: TestApplication
let silent: Server | undefined
beforeEach(async () => {
  app = await createApplication()
})
afterEach(async () => {
  await app.remove()
  silent?.close()
  silent = undefined
})

/** Runs a second `init`, which looks at the tables of the configuration. */
async function again(databaseUrl: string, config = GOOD) {
  await app.write('onecount.config.mjs', `export default ${config}\n`)
  const before = await app.snapshot()
  const { code, out, err } = await app.init([], { DATABASE_URL: databaseUrl })
  expect({ code, out, lines: err.trimEnd().split('\n').length }).toEqual({ code: 2, out: '', lines: 1 })
  expect(await app.snapshot()).toEqual(before)
  return err.trimEnd()
}

describe('npx onecount init with a configuration, where Postgres cannot be used', { timeout: 60_000 }, () => {
  it('looks at the tables where it can', async () => {
    await app.write('onecount.config.mjs', `export default ${GOOD}\n`)
    const { code, out } = await app.init([], { DATABASE_URL })
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('like: fits the database') })
  })

  it('says that a port is closed', async () => {
    expect(await again(`postgres://me@127.0.0.1:${await freePort()}/outages`)).toMatch(
      /^Postgres does not answer \(connect ECONNREFUSED .*\): see that it runs, and that DATABASE_URL is its address$/,
    )
  })

  it('says that the connection was ended', async () => {
    silent = createServer((socket: Socket) => socket.destroy())
    await new Promise<void>(resolve => silent!.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    expect(await again(`postgres://me@127.0.0.1:${port}/outages`)).toMatch(
      /^Postgres does not answer \(.*\): see/,
    )
  })

  it.each([
    ['the password is wrong', 'guest:wrong', /password authentication failed for user "guest"/],
    ['there is no such role', 'stranger', /role "stranger" does not exist/],
    ['a rule of the server refuses the user', 'barred', /pg_hba.conf rejects connection/],
  ])('says that the login is refused where %s', async (_, login, why) => {
    const message = await again(as(login))
    expect(message).toMatch(
      /^Postgres refuses the login \(.*\): correct the user and the password in DATABASE_URL$/,
    )
    expect(message).toMatch(why)
    expect(message).not.toContain('wrong')
  })

  it('says that there is no such database', async () => {
    expect(await again(DATABASE_URL.replace(/\w+$/, 'nowhere'))).toBe(
      'Postgres has no such database (database "nowhere" does not exist): correct the name at the end of DATABASE_URL',
    )
  })

  it('says that the server takes no more connections', async () => {
    const sql = connect(DATABASE_URL, { max: 1 })
    await sql`alter role guest connection limit 0`
    await sql.end()
    expect(await again(as('guest:right'))).toMatch(
      /^Postgres does not answer \(too many connections for role "guest"\)/,
    )
  })

  it('names the field of a configuration that is torn', async () => {
    expect(await again(DATABASE_URL, TORN)).toBe('onecount.config.mjs: kinds.like.rows: is missing')
  })
})

describe('a failed call to Postgres', () => {
  const DIRECT = { redisUrl: '', databaseUrl: 'postgres://a' }
  const REST = { redisUrl: '', supabaseUrl: 'https://a', secretKey: 'b' }
  const error = (code: string, message = 'why') => Object.assign(new Error(message), { code })

  it.each([
    ['ETIMEDOUT', 'Postgres does not answer'],
    ['EAI_AGAIN', 'Postgres does not answer'],
    ['ENOTFOUND', 'Postgres does not answer'],
    ['CONNECT_TIMEOUT', 'Postgres does not answer'],
    ['CONNECTION_CLOSED', 'Postgres does not answer'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'Postgres does not answer'],
    ['08006', 'Postgres does not answer'],
    ['53300', 'Postgres does not answer'],
    ['57P03', 'Postgres does not answer'],
    ['28000', 'Postgres refuses the login'],
    ['28P01', 'Postgres refuses the login'],
    ['SASL_SIGNATURE_MISMATCH', 'Postgres refuses the login'],
    ['3D000', 'Postgres has no such database'],
    ['42501', 'Postgres refuses what the user may not do'],
    ['42P01', 'The migrations are missing'],
  ])('with %s is told as: %s', (code, words) => {
    const told = postgresFailure(error(code), DIRECT)
    expect(told).toBeInstanceOf(Unreachable)
    expect((told as Error).message).toContain(words)
  })

  it('that was not answered in time is an outage', () => {
    expect(postgresFailure(new Error('no answer within 15000 ms'), DIRECT)).toBeInstanceOf(Unreachable)
  })

  it.each([
    ['of the code', new TypeError('x is not a function')],
    ['of an argument', error('UNDEFINED_VALUE')],
    ['of a statement', error('42601', 'syntax error')],
    ['of a trigger', error('P0001')],
    ['of a module', error('ERR_INVALID_ARG_TYPE')],
  ])('because %s is answered as it is', (_, cause) => {
    const wrapped = new Error('wrapped', { cause })
    for (const settings of [DIRECT, REST]) {
      expect(postgresFailure(cause, settings)).toBe(cause)
      expect(postgresFailure(wrapped, settings)).toBe(wrapped)
    }
  })

  it('through REST without a code is an outage: the answer is not of PostgREST, or there is none', () => {
    expect(postgresFailure({ message: 'TypeError: fetch failed', code: '' }, REST)).toBeInstanceOf(
      Unreachable,
    )
  })
})
