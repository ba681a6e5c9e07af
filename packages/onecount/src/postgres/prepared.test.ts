import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { beforeAll, describe, expect, it } from 'vitest'
import { connect, migrate, ownersTables } from '../../test/support/databases'
import { forAllTests } from '../../test/support/for-all-tests'
import { postgresJsPort } from './postgresjs'

const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const press = (op: number) => [{ postId: POST, sessionId: 'ana', op, liked: op % 2 === 1 }]

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let url: string
beforeAll(async () => {
  url = await server.createDatabase('prepared')
  await migrate(url)
  const sql = connect(url)
  await ownersTables(sql).clear()
  await ownersTables(sql).addPosts([{ id: POST, likes: 446 }])
  await sql.end()
})

describe('calls through postgres.js', () => {
  it('are prepared once for a connection', async () => {
    const sql = connect(url, { max: 1 })
    const port = postgresJsPort(sql)
    for (const op of [3_590_000_000_000_001, 3_590_000_000_000_002]) await port.write(press(op), 1)
    const statements = await sql
      .unsafe(
        `select generic_plans + custom_plans as calls from pg_prepared_statements where statement ~ 'onecount'`,
      )
      .simple()
    expect(statements).toEqual([{ calls: '2' }])
    await sql.end()
  })

  it('go on where a pooler has another connection behind it, which knows of no statement', async () => {
    const sql = connect(url, { max: 1 })
    const port = postgresJsPort(sql)
    await port.write(press(3_590_000_000_000_003), 1)
    await sql.unsafe('deallocate all', [], { prepare: false }).simple()
    expect(await port.write(press(3_590_000_000_000_004), 1)).toMatchObject([{ state: { count: 446 } }])
    await sql.end()
  })

  it('are not prepared where the client is told not to', async () => {
    const sql = connect(url, { max: 1, prepare: false })
    expect(await postgresJsPort(sql).write(press(3_590_000_000_000_005), 1)).toMatchObject([
      { state: { count: 447 } },
    ])
    const statements = await sql
      .unsafe(`select from pg_prepared_statements where statement ~ 'onecount'`)
      .simple()
    expect(statements).toEqual([])
    await sql.end()
  })
})
