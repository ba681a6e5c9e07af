import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createKeys, DEFAULT_KIND_CONFIG, defineConfig } from 'onecount'
import { describe, expect, it } from 'vitest'
import { tagOf } from '../src/core/keys'
import { uninstallSql } from '../src/postgres/uninstall-sql'
import { POST, POSTS, startCli } from './support/cli'
import { forAllTests } from './support/for-all-tests'
import { startStores } from './support/stores'

const CONFIG = {
  kinds: {
    like: DEFAULT_KIND_CONFIG,
    bookmark: {
      target: { table: 'posts_new', id: 'uuid' },
      rows: { table: 'bookmarks', target: 'post_id', actor: 'user_id' },
    },
  },
} as const
const { like, bookmark } = defineConfig(CONFIG).kinds

const stores = forAllTests(startStores)
const cli = forAllTests(() => startCli(stores))

describe('npx onecount uninstall', () => {
  it('without a configuration prints the SQL of the default kind, and what comes before it', async () => {
    const { code, out, err } = await cli.run(['uninstall'])
    expect({ code, out, err }).toEqual({ code: 0, out: uninstallSql(like), err: '' })
    expect(out).toMatch(/^-- onecount \d+\.\d+\.\d+, kind like: made by `npx onecount uninstall`/)
    expect(out).toContain('npx onecount worker --once')
  })

  it('prints every kind of a configuration, or one', async () => {
    await writeFile(join(cli.folder, 'two.mjs'), `export default ${JSON.stringify(CONFIG)}`)
    const all = await cli.run(['uninstall', '--config', 'two.mjs'])
    expect(all).toEqual({ code: 0, out: `${uninstallSql(like)}\n${uninstallSql(bookmark)}`, err: '' })
    const one = await cli.run(['uninstall', '--config', 'two.mjs', '--kind', 'bookmark'])
    expect(one.out).toBe(uninstallSql(bookmark))
    expect(one.out).not.toContain('{{')
  })

  it('names a kind that is not there', async () => {
    const { code, out, err } = await cli.run(['uninstall', '--kind', 'heart'])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('There is no kind heart: the configuration has like')
  })

  it('is in the help', async () => {
    expect((await cli.run(['--help'])).out).toMatch(/^ {2}uninstall +print the SQL/m)
    expect((await cli.run(['uninstall', '--help'])).out).toContain('npx onecount worker --once')
  })
})

describe('the steps of docs/uninstall.md', () => {
  /** The commands that delete the keys, for keys that begin with `prefix`. */
  async function deleteKeys(prefix: string): Promise<void> {
    const text = await readFile(join(import.meta.dirname, '../../../docs/uninstall.md'), 'utf8')
    const [, commands] = /```sh\n(PREFIX='like:'[\s\S]*?)```/.exec(text)!
    const env = { PATH: process.env.PATH, REDIS_URL: stores.redisUrl, NODE_ENV: process.env.NODE_ENV }
    await promisify(execFile)('sh', ['-c', commands!.replace(`PREFIX='like:'`, `PREFIX='${prefix}'`)], {
      env,
    })
  }
  const keysOf = (tag: string, kind = '') =>
    Object.values(createKeys(tag, kind)).map(key =>
      typeof key === 'string' ? key : (key as (...parts: string[]) => string)('1', '203.0.113.7'),
    )

  it('drain, take the database back, and delete the keys: every like is in the rows', async () => {
    await stores.begin(POSTS)
    const onecount = stores.instance()
    for (const session of ['ana', 'ben', 'eva']) await onecount.set(POST.id, session, true)
    await onecount.set(POST.id, 'ben', false)
    expect(await cli.run(['worker', '--once'])).toMatchObject({ code: 0, err: '' })
    await stores.sql.unsafe((await cli.run(['uninstall'])).out)

    const [row] = await stores.sql`select likes from posts_new where id = ${POST.id}`
    expect(row).toEqual({ likes: POST.base + 2 })
    const rows = await stores.sql`select session_id from post_ratings where post_id = ${POST.id} order by 1`
    expect(rows.map(rating => rating.session_id)).toEqual(['ana', 'eva'])

    expect(await stores.redis.keys('*')).not.toEqual([])
    await deleteKeys('')
    expect(await stores.redis.keys('*')).toEqual([])
  })

  it('delete the keys of one kind, of any number of partitions, and nothing else', async () => {
    const { redis } = stores
    const OTHERS = [
      'cache:post:likes:1',
      'likes',
      'likes:yesterday',
      'post:1',
      'post:liked-by-editors',
      'session:1',
      '{user}post:likes:1',
    ]
    const tags = ['', tagOf(0, 4), tagOf(3, 4), tagOf(5, 12)]
    const ofLikes = tags.flatMap(tag => keysOf(tag))
    const ofBookmarks = tags.flatMap(tag => keysOf(tag, 'bookmark:'))
    expect(new Set(ofLikes).size).toBeGreaterThan(60)
    await redis.flushall()
    await redis.mset([...OTHERS, ...ofLikes, ...ofBookmarks].flatMap(key => [key, 'x']))

    await deleteKeys('')
    expect((await redis.keys('*')).sort()).toEqual([...new Set([...OTHERS, ...ofBookmarks])].sort())
    await deleteKeys('bookmark:')
    expect((await redis.keys('*')).sort()).toEqual([...OTHERS].sort())
  })
})
