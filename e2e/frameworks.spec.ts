import { randomBytes, randomUUID } from 'node:crypto'
import { applyMigrations } from '@onecount/dev-stack/migrations'
import { type PostgresServer, startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { type RedisServer, startRedisServer } from '@onecount/dev-stack/redis-server'
import { expect, type Page, test } from '@playwright/test'
import postgres from 'postgres'
import { buildPackage } from '../packages/onecount/scripts/build'
import { installExamples, startExample } from './support/examples'

/** Folders of `examples/`. */
const EXAMPLES = ['node', 'express', 'hono', 'fastify', 'sveltekit', 'astro', 'react-router', 'next-pages']
/** Frameworks that end the process themselves, with this code; the others end by the signal, once all is drained. */
const CODES: Record<string, number> = { sveltekit: 0, 'react-router': 0, 'next-pages': 143 }

const AUTHOR = '0a000000-0000-4000-8000-000000000001'
let server: PostgresServer
let redis: RedisServer
let sql: postgres.Sql
let env: Record<string, string>

test.beforeAll(async () => {
  // It installs the frameworks and compiles the package where they are not there yet.
  test.setTimeout(400_000)
  ;[server, redis] = await Promise.all([startPostgresServer({ fsync: false }), startRedisServer()])
  await buildPackage()
  await installExamples()
  const databaseUrl = await server.createDatabase('examples')
  sql = postgres(databaseUrl, { max: 1, onnotice() {} })
  await applyMigrations(async text => [...(await sql.unsafe(text))])
  await sql`insert into profiles (id, username, display_name, avatar_url) values (${AUTHOR}, 'lucia', 'Lucía', '/l.svg')`
  env = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    ONECOUNT_SECRET: randomBytes(32).toString('hex'),
  }
})

test.afterAll(async () => {
  await sql?.end()
  await Promise.all([server?.stop(), redis?.kill()])
})

/** The newest post, with 446 likes. */
async function addPost(caption: string): Promise<string> {
  const id = randomUUID()
  await sql`insert into posts_new (id, author_id, caption, image_url, likes)
            values (${id}, ${AUTHOR}, ${caption}, '/o.svg', 446)`
  return id
}

const heart = (page: Page, caption: string) =>
  page.locator('article', { hasText: caption }).getByRole('button', { name: 'Like' })

async function expectShown(page: Page, caption: string, count: number, liked: boolean): Promise<void> {
  await expect(heart(page, caption)).toContainText(String(count))
  await expect(heart(page, caption)).toHaveAttribute('aria-pressed', String(liked))
}

for (const name of EXAMPLES) {
  test(`examples/${name} shows hearts and counts with the first HTML, and a like everywhere`, async ({
    browser,
  }) => {
    test.setTimeout(240_000)
    const caption = `Oso polar de ${name}`
    const id = await addPost(caption)
    const begun = performance.now()
    const example = await startExample(name, env)
    const ready = performance.now()

    await test.step('the page sets the session that it is rendered with, and no shared cache may keep it', async () => {
      const { headers } = await fetch(example.url)
      expect(headers.getSetCookie().join()).toMatch(/onecount_session=[^;]+; Path=\/; .*HttpOnly/)
      expect(headers.get('cache-control')).toBe('private, no-store')
    })

    const context = await browser.newContext()
    const [page, other] = [await context.newPage(), await context.newPage()]
    for (const one of [page, other]) {
      await one.goto(example.url)
      await expectShown(one, caption, 446, false)
    }
    const before = await context.cookies()
    await heart(page, caption).click()
    // In a tab that was open as well, and in one of the same person that is opened now: in its first HTML.
    for (const one of [page, other]) await expectShown(one, caption, 447, true)
    await expect.poll(async () => (await heldIn(id)).sessions.length).toBe(1)
    expect((await context.cookies()).map(({ value }) => value)).toEqual(before.map(({ value }) => value))
    await context.close()

    await test.step('without a script, the same person and another one', async () => {
      for (const [cookies, liked] of [
        [before, true],
        [[], false],
      ] as const) {
        const plain = await browser.newContext({ javaScriptEnabled: false })
        await plain.addCookies([...cookies])
        const opened = await plain.newPage()
        await opened.goto(example.url)
        await expectShown(opened, caption, 447, liked)
        await plain.close()
      }
    })

    // The drain is running.
    const session = before.find(cookie => cookie.name === 'onecount_session')!.value.split('.')[0]
    expect(await heldIn(id)).toEqual({ likes: 447, sessions: [session] })
    expect(await example.stop()).toEqual(
      name in CODES ? { code: CODES[name], signal: null } : { code: null, signal: 'SIGTERM' },
    )
    const seconds = (ms: number) => (ms / 1000).toFixed(1)
    console.log(
      `${name}: ready after ${seconds(ready - begun)} s, ${seconds(performance.now() - begun)} s in all`,
    )
  })
}

/** What Postgres has of a post. */
async function heldIn(id: string): Promise<{ likes: number; sessions: string[] }> {
  const [post] = await sql`select likes, (select coalesce(array_agg(session_id), '{}') from post_ratings
    where post_id = posts_new.id) as sessions from posts_new where id = ${id}`
  return { likes: post!.likes, sessions: post!.sessions }
}
