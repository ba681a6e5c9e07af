import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DEFAULT_KIND_CONFIG, defineConfig } from 'onecount'
import { kindSql } from 'onecount/postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lockSql } from '../../src/postgres/lock-sql'
import { MIGRATIONS } from '../../src/postgres/migrations'

const require = createRequire(import.meta.url)
const BIN = join(import.meta.dirname, '../../bin/onecount.mjs')
const CONFIG = {
  kinds: {
    like: {
      target: { table: 'articles', id: 'bigint', count: 'like_count' },
      rows: { table: 'article_likes', target: 'article_id', actor: 'user_id' },
    },
    mark: {
      target: { table: 'articles', id: 'bigint' },
      rows: { table: 'bookmarks', target: 'article_id', actor: 'user_id' },
    },
  },
  actor: 'uuid',
} as const

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onecount-config-'))
})
afterAll(() => rm(folder, { recursive: true }))

const run = (...args: string[]) => runIn(folder, ...args)

const runIn = (cwd: string, ...args: string[]) =>
  new Promise<{ code: number; out: string; err: string }>(resolve =>
    execFile(process.execPath, [BIN, 'migration', ...args], { cwd, maxBuffer: 2 ** 24 }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    ),
  )

describe('npx onecount migration', () => {
  it('without a configuration prints the migrations of the default kind', async () => {
    const { code, out, err } = await run()
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out.split('\n')[0]).toContain('kind like of public.posts_new in public.post_ratings: ')
    for (const { sql } of MIGRATIONS) expect(out).toContain(sql)
  })

  it('prints the SQL of every kind of onecount.config.mjs, or of one', async () => {
    await writeFile(join(folder, 'onecount.config.mjs'), `export default ${JSON.stringify(CONFIG)}`)
    const { like, mark } = defineConfig(CONFIG).kinds
    expect(await run()).toEqual({
      code: 0,
      out: `${lockSql([like, mark])}\n${kindSql(like)}\n${kindSql(mark)}`,
      err: '',
    })
    expect((await run('--kind', 'mark')).out).toBe(kindSql(mark))
  })

  it('with --shadow prints what keeps the code of before from counting, where there is a column of the count', async () => {
    const { like, mark } = defineConfig(CONFIG).kinds
    const { out } = await run('--shadow')
    expect(out).toBe(`${lockSql([like, mark])}\n${kindSql(like, { shadow: true })}\n${kindSql(mark)}`)
    expect(out).toContain('create trigger onecount_like_annul_count')
  })

  it('takes another file, and a checked configuration', async () => {
    await writeFile(join(folder, 'other.mjs'), `export default ${JSON.stringify(defineConfig(CONFIG))}`)
    expect((await run('--config', 'other.mjs', '--kind', 'like')).out).toBe(
      kindSql(defineConfig(CONFIG).kinds.like),
    )
  })

  it.each([
    [['--config', 'missing.mjs'], 'missing.mjs is not there'],
    [['--shadow', '--config', 'default.mjs'], '--shadow is for kinds on tables of your own'],
    [['--kind', 'heart'], 'There is no kind heart: the configuration has like, mark'],
    [['--config', 'empty.mjs'], 'empty.mjs exports nothing'],
    [['--config', 'wrong.mjs'], 'wrong.mjs: kinds.like.target: is missing'],
    [['--config', 'none.mjs'], 'none.mjs: kinds: must name a kind'],
    [['--config', 'unknown.mjs'], 'unknown.mjs: kind: is not a field: there are kinds, actor, keyPrefix'],
  ])('%j names the mistake', async (args, message) => {
    await writeFile(join(folder, 'empty.mjs'), 'export const config = 1')
    await writeFile(
      join(folder, 'default.mjs'),
      `export default ${JSON.stringify({ kinds: { like: DEFAULT_KIND_CONFIG } })}`,
    )
    await writeFile(join(folder, 'wrong.mjs'), 'export default { kinds: { like: {} } }')
    await writeFile(join(folder, 'none.mjs'), 'export default { kinds: {} }')
    await writeFile(join(folder, 'unknown.mjs'), 'export default { kind: {} }')
    const { code, out, err } = await run(...args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
    expect(err).not.toContain('The server is not set up')
  })
})

describe('onecount.config.ts', () => {
  const TYPED = `
    import type { OnecountConfig } from 'onecount'
    enum Id { Number = 'bigint' }
    const config: OnecountConfig = ${JSON.stringify(CONFIG)}
    config.kinds!.like!.target.id = Id.Number
    export default config`

  it('is read with the typescript of the application, where this Node reads none', async () => {
    const typed = await mkdtemp(join(tmpdir(), 'onecount-config-'))
    await mkdir(join(typed, 'node_modules'))
    await symlink(dirname(require.resolve('typescript/package.json')), join(typed, 'node_modules/typescript'))
    await writeFile(join(typed, 'onecount.config.ts'), TYPED)
    const { like, mark } = defineConfig(CONFIG).kinds
    expect(await runIn(typed)).toEqual({
      code: 0,
      out: `${lockSql([like, mark])}\n${kindSql(like)}\n${kindSql(mark)}`,
      err: '',
    })
    await rm(typed, { recursive: true })
  })

  it.each([
    ['no typescript', null, 'typescript is not installed'],
    ['one without an interface', 'module.exports = { version: "7.0.2" }', 'has no transpileModule'],
  ])('with %s says what to do', async (_, compiler, message) => {
    const typed = await mkdtemp(join(tmpdir(), 'onecount-config-'))
    await mkdir(join(typed, 'node_modules/typescript'), { recursive: true })
    if (compiler) await writeFile(join(typed, 'node_modules/typescript/index.js'), compiler)
    await writeFile(join(typed, 'onecount.config.ts'), TYPED)
    const { code, out, err } = await runIn(typed)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
    expect(err).toContain('rename onecount.config.ts to .mjs')
    await rm(typed, { recursive: true })
  })
})
