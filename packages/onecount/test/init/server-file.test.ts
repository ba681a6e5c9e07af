import { symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { OnecountError, type OnecountErrorOptions } from 'onecount'
import type { OnecountNext } from 'onecount/next'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createApplication, type TestApplication } from '../support/application'
import { checkExamples } from '../support/examples'

const CONFIG = `import { defineConfig } from 'onecount'
export default defineConfig({ kinds: { like: {
  target: { table: 'articles', id: 'bigint', count: 'like_count' },
  rows: { table: 'article_likes', target: 'article_id', actor: 'user_id' }, actor: 'uuid' } } })\n`
const POSTGRES = dirname(dirname(createRequire(import.meta.url).resolve('postgres')))

let app: TestApplication
beforeEach(async () => {
  app = await createApplication()
  await symlink(POSTGRES, join(app.root, 'node_modules/postgres'))
  await app.write('onecount.config.ts', CONFIG)
  expect((await app.init([])).code).toBe(0)
})
afterEach(() => app.remove())

it('onecount.ts on Postgres compiles', async () => {
  const code = await app.read('onecount.ts')
  expect(checkExamples([{ title: 'onecount.ts', subpath: 'onecount/next', of: 'init', code }])).toEqual(
    new Map(),
  )
})

it('onecount.ts can be imported without DATABASE_URL, as a build does, and names it where it is used', async () => {
  const { DATABASE_URL } = process.env
  delete process.env.DATABASE_URL
  try {
    const { onecount } = (await import(join(app.root, 'onecount.ts'))) as { onecount: OnecountNext }
    let options: OnecountErrorOptions | undefined
    try {
      onecount.engines()
    } catch (error) {
      if (error instanceof OnecountError) options = error.options
    }
    expect(options).toEqual({ field: 'DATABASE_URL', detail: 'DATABASE_URL is not set' })
  } finally {
    if (DATABASE_URL !== undefined) process.env.DATABASE_URL = DATABASE_URL
  }
})
