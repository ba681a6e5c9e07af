import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startStores } from '../support/stores'
import { type Installed, installPacked, PEERS, runIn, subpaths } from './packed'
import { findRuntimes } from './runtimes'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }

const LIKE = `
import process from 'node:process'
import { createOnecount } from 'onecount'
import { createRedisClient, ioredisPort } from 'onecount/ioredis'
import { postgresJsPort } from 'onecount/postgres'
import postgres from 'postgres'

const [redisUrl, databaseUrl] = process.argv.slice(2)
const client = createRedisClient(redisUrl, { commandTimeout: 20_000 })
const sql = postgres(databaseUrl, { fetch_types: false })
const onecount = createOnecount({ redis: ioredisPort(client), postgres: postgresJsPort(sql) })
const { count, source } = await onecount.set('${POST.id}', 'ana', true)
await onecount.drainer.flush()
console.log(count, source)
client.disconnect()
await sql.end()
`

let app: Installed
let stores: Awaited<ReturnType<typeof startStores>>
beforeAll(async () => {
  stores = await startStores()
  app = await installPacked(PEERS)
  await app.write('like.js', LIKE)
  const paths = (await subpaths()).filter(path => path !== 'onecount/testing')
  await app.write('all.js', paths.map(path => `import '${path}'\n`).join(''))
})
afterAll(() => Promise.all([app.remove(), stores.stop()]))
beforeEach(() => stores.begin([POST]))

/** Node, and what else runs on this machine. */
const RUNTIMES = await findRuntimes()

describe.each(RUNTIMES)('the packed package in $name', ({ program, args }) => {
  const run = (file: string, ...rest: string[]) => runIn(app.root, program, [...args, file, ...rest])

  it('imports every entry', async () => {
    expect(await run('all.js')).toEqual({ code: 0, out: '', err: '' })
  })

  it('likes a post in Redis, and brings it to Postgres', async () => {
    expect(await run('like.js', stores.redisUrl, stores.databaseUrl)).toEqual({
      code: 0,
      out: '447 redis\n',
      err: '',
    })
    expect(await stores.compare(POST)).toMatchObject({
      redis: { count: 447 },
      postgres: { count: 447, members: ['ana'] },
    })
  })

  it('runs the command', async () => {
    const { code, out } = await run('node_modules/onecount/bin/onecount.mjs', '--help')
    expect(code).toBe(0)
    expect(out).toContain('npx onecount <command>')
  })
})
