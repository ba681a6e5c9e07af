import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { awakeNow } from '@onecount/dev-stack/awake'
import { FaultProxy } from '@onecount/dev-stack/fault-proxy'
import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { type LocalSupabase, startSupabase } from '@onecount/dev-stack/supabase'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connect, migrate, ownersTables, supabaseClient } from '../../test/support/databases'
import { forAllTests } from '../../test/support/for-all-tests'
import { connectPostgresJs, postgresJsPort } from './postgresjs'
import { supabasePort } from './supabase'

const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const PRESS = [{ postId: POST, sessionId: 'ana', op: 3_590_000_000_000_001, liked: true }]

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let supabase: LocalSupabase
let sql: Sql
let url: string
beforeAll(async () => {
  url = await server.createDatabase('deadline')
  await migrate(url)
  supabase = await startSupabase({ databaseUrl: url })
  sql = connect(url)
})
afterAll(async () => {
  await supabase?.stop()
  await sql?.end({ timeout: 1 })
})
beforeEach(async () => {
  await ownersTables(sql).clear()
  await ownersTables(sql).addPosts([{ id: POST, likes: 446 }])
})

describe.each([
  ['postgres.js', (timeoutMs: number) => postgresJsPort(sql, { timeoutMs })],
  [
    'supabase-js',
    (timeoutMs: number) => supabasePort(supabaseClient(supabase.url, supabase.secretKey), { timeoutMs }),
  ],
])('a call through %s', (_, port) => {
  it('fails past its deadline, and may be repeated with the same op', async () => {
    await sql.begin(async locked => {
      await locked`select from posts_new for update`
      const start = awakeNow()
      await expect(port(200).write(PRESS, 1)).rejects.toMatchObject({
        name: 'StoreUnavailable',
        store: 'postgres',
      })
      expect(awakeNow() - start).toBeLessThan(2000)
    })
    await expect
      .poll(() =>
        port(10_000)
          .write(PRESS, 1)
          .catch(() => null),
      )
      .toMatchObject([{ state: { count: 447 } }])
  })
})

describe('calls that share a connection', () => {
  it('are answered each with its own answer, also where one between them is too late', async () => {
    const OTHER = '50050001-aaaa-bbbb-cccc-ddddeeee0002'
    await ownersTables(sql).addPosts([{ id: OTHER, likes: 12 }])
    const shared = connect(url, { max: 1, fetch_types: false })
    const patient = postgresJsPort(shared, { timeoutMs: 20_000 })
    const hasty = postgresJsPort(shared, { timeoutMs: 100 })
    await patient.status(0)
    const { first, next, last } = await sql.begin(async locked => {
      await locked`select from posts_new for update`
      const first = patient.write(PRESS, 1)
      const late = hasty.peek([POST], null).catch((error: unknown) => error)
      const next = patient.peek([OTHER], null)
      const last = patient.status(0)
      expect(await late).toMatchObject({ name: 'StoreUnavailable' })
      return { first: () => first, next: () => next, last: () => last }
    })
    expect(await first()).toMatchObject([{ state: { postId: POST, count: 447 } }])
    expect(await next()).toMatchObject([{ postId: OTHER, count: 12 }])
    expect(await last()).toMatchObject({ partitions: 1 })
    await shared.end()
  })
})

describe('a connection whose other end is gone', () => {
  it('is replaced by a new one', async () => {
    const link = await FaultProxy.to(server.port, null)
    const address = new URL(url)
    address.port = String(link.port)
    const { port, end } = connectPostgresJs(() => connect(String(address), { max: 1 }), { timeoutMs: 1000 })
    expect(await port.status(0)).toMatchObject({ receipt: null })
    link.inject('half-open')
    await expect
      .poll(() => port.status(0).catch((error: unknown) => error))
      .toMatchObject({ store: 'postgres' })
    link.heal()
    expect(await port.status(0)).toMatchObject({ receipt: null })
    await end()
    link.close()
  })
})

describe('a Postgres that is not there', () => {
  it('makes a call through postgres.js fail', async () => {
    const nowhere = connect('postgres://nouser@127.0.0.1:1/nothing', { max: 1 })
    await expect(postgresJsPort(nowhere, { timeoutMs: 500 }).status(0)).rejects.toMatchObject({
      store: 'postgres',
    })
    await nowhere.end({ timeout: 0 })
  })

  it('has refused nothing where a pooler ends the connection, whatever its code', async () => {
    const said = ['SFATAL', 'VFATAL', 'CXX000', 'MTenant or user not found']
      .map(field => `${field}\0`)
      .join('')
    const length = Buffer.alloc(4)
    length.writeInt32BE(said.length + 5)
    const pooler = createServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () =>
        socket.end(Buffer.concat([Buffer.from('E'), length, Buffer.from(`${said}\0`)])),
      )
    })
    await once(pooler.listen(0, '127.0.0.1'), 'listening')
    const { port } = pooler.address() as AddressInfo
    const through = connect(`postgres://tenant@127.0.0.1:${port}/nothing?sslmode=disable`, { max: 1 })
    const error = await postgresJsPort(through, { timeoutMs: 2000 })
      .status(0)
      .catch((e: unknown) => e)
    expect(error).toMatchObject({ name: 'StoreUnavailable', store: 'postgres' })
    expect(String((error as Error).cause)).toContain('Tenant or user not found')
    await through.end({ timeout: 0 })
    pooler.close()
  })

  it('makes a call through supabase-js fail', async () => {
    const port = supabasePort(supabaseClient('http://127.0.0.1:1', 'sb_secret_nothing'), { timeoutMs: 500 })
    await expect(port.status(0)).rejects.toMatchObject({ store: 'postgres' })
  })
})
