import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type PostgresServer, startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { type RedisServer, startRedisServer } from '@onecount/dev-stack/redis-server'
import { type BrowserContext, expect, type Page, test } from '@playwright/test'
import postgres from 'postgres'
import { buildPackage } from '../packages/onecount/scripts/build'
import { REPOSITORY } from '../packages/onecount/test/package/packed'
import { type Adopting, copyExample } from './support/adopting'
import { countChanged, readInstructions } from './support/adoption-doc'

const MOST_MINUTES = 10
const MOST_LINES = 30

/** Liked by ana, ben and carla before there was onecount. */
const BREAD = { id: '1', title: 'How bread rises', likes: 3 }

let server: PostgresServer
let redis: RedisServer
let application: Adopting
let sql: postgres.Sql

test.beforeAll(async () => {
  // It compiles the package where that is not there yet.
  test.setTimeout(240_000)
  ;[server, redis] = await Promise.all([
    startPostgresServer({ fsync: false }),
    startRedisServer(),
    buildPackage(),
  ])
  const databaseUrl = await server.createDatabase('articles')
  application = await copyExample({
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    SESSION_SECRET: 'of people who are signed in',
  })
  for (const file of ['migrations/*_articles.sql', 'seed.sql'])
    await application.shell(`psql "$DATABASE_URL" -q -v ON_ERROR_STOP=1 -f supabase/${file}`)
  sql = postgres(databaseUrl, { max: 1 })
})

test.afterAll(async () => {
  await application?.remove()
  await sql?.end()
  await Promise.all([server?.stop(), redis?.kill()])
})

const like = (page: Page) =>
  page.locator('article', { has: page.getByText(BREAD.title) }).locator('button.like')

async function signIn(context: BrowserContext, url: string, name: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(`${url}/sign-in`)
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(`${url}/`)
  return page
}

test('an application adopts onecount as docs/adopt.md says', async ({ context, browser }) => {
  test.setTimeout(2 * MOST_MINUTES * 60_000)
  const instructions = readInstructions(await readFile(join(REPOSITORY, 'docs/adopt.md'), 'utf8'))
  const started = performance.now()
  for (const instruction of instructions) {
    const title = 'command' in instruction ? instruction.command : 'the lines that change'
    await test.step(title, () => application.follow(instruction))
  }
  const url = await application.start()

  const list = await signIn(context, url, 'dora')
  const article = await context.newPage()
  await article.goto(`${url}/articles/${BREAD.id}`)
  for (const page of [list, article]) {
    await expect(like(page)).toHaveText(`♥ ${BREAD.likes}`)
    await expect(like(page)).toHaveAttribute('aria-pressed', 'false')
  }

  await like(list).click()
  for (const page of [list, article]) {
    await expect(like(page)).toHaveText(`♥ ${BREAD.likes + 1}`)
    await expect(like(page)).toHaveAttribute('aria-pressed', 'true')
  }
  const minutes = (performance.now() - started) / 60_000

  // In another browser, of a person who liked it before there was onecount; there a navigation and a reload as well.
  const other = await browser.newContext()
  const theirs = await signIn(other, url, 'ana')
  await expect(like(theirs)).toHaveText(`♥ ${BREAD.likes + 1}`)
  await expect(like(theirs)).toHaveAttribute('aria-pressed', 'true')
  await theirs.getByRole('link', { name: BREAD.title }).click()
  await expect(theirs.getByRole('heading', { level: 1 })).toHaveText(BREAD.title)
  await expect(like(theirs)).toHaveText(`♥ ${BREAD.likes + 1}`)
  await theirs.reload()
  await expect(like(theirs)).toHaveText(`♥ ${BREAD.likes + 1}`)
  await other.close()

  await expect
    .poll(
      () => sql`
      select a.like_count as count, (select array_agg(name order by name) from article_likes l
        join people p on p.id = l.user_id where l.article_id = a.id) as people
        from articles a where a.id = ${BREAD.id}`,
    )
    .toMatchObject([{ count: BREAD.likes + 1, people: ['ana', 'ben', 'carla', 'dora'] }])

  const patch = instructions.map(one => ('patch' in one ? one.patch : '')).join('')
  const { files, lines, added, removed } = countChanged(patch)
  console.log(
    `adoption: ${minutes.toFixed(1)} minutes, ${lines} lines changed in ${files} files (${added} added, ${removed} removed)`,
  )
  expect(minutes).toBeLessThan(MOST_MINUTES)
  expect(lines).toBeLessThanOrEqual(MOST_LINES)
})
