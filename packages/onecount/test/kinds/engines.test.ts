import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngines, DEFAULT_KIND_CONFIG, defineConfig, type Engines } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { forAllTests } from '../support/for-all-tests'
import { uuidOf } from '../support/kinds'
import { ARTICLES, config, KINDS, type Name, startSeveralKinds } from '../support/several-kinds'

const BIN = join(import.meta.dirname, '../../bin/onecount.mjs')
const [ana, ben] = ['ana', 'ben'].map(uuidOf) as [string, string]
/** Never within a test: only what a test asks for makes a loop work. */
const NEVER = 1_000_000

const stores = forAllTests(startSeveralKinds)
beforeEach(() => stores.begin())
const started: Engines[] = []
const workers: ChildProcess[] = []
afterEach(async () => {
  for (const worker of workers.splice(0)) worker.kill('SIGKILL')
  await Promise.all(started.splice(0).map(({ drainer }) => drainer.stop({ budgetMs: 0 })))
})

/** Every call of the drain of bookmarks fails as a whole. */
const refuseTheDrainOfBookmarks = () =>
  stores.sql.unsafe('alter function onecount_bookmark_drain rename to onecount_bookmark_drain_away')

describe('the engines of several kinds', () => {
  it('are one a kind, on one Redis and one pool, and equal ids of two kinds are two posts', async () => {
    const { kinds, main, hasRedis } = stores.instance()
    expectTypeOf(kinds).toHaveProperty('bookmark')
    expect([main, hasRedis, Object.keys(kinds)]).toEqual(['like', true, ['like', 'bookmark']])
    expect(await kinds.like.set('1', ana, true)).toMatchObject({ count: 1, liked: true })
    expect((await kinds.bookmark.read(['1'], ana)).get('1')).toMatchObject({ count: 0, liked: false })
    expect(await kinds.bookmark.set('1', ana, true)).toMatchObject({ count: 1, liked: true })
    expect(await kinds.bookmark.set('1', 'ben', true)).toMatchObject({ count: 2, liked: true })
    expect((await kinds.like.read(['1'], ben)).get('1')).toMatchObject({ count: 1, liked: false })
    for (const [name, count] of [
      ['like', '1'],
      ['bookmark', '2'],
    ] as const)
      expect(await stores.redis.get(stores.keysOf(name).likes('1'))).toBe(count)
  })

  it('are drained by one call, and Postgres has both', async () => {
    const engines = stores.instance()
    const { like, bookmark } = engines.kinds
    await Promise.all([like.set('1', ana, true), like.set('2', ben, true), bookmark.set('1', 'ana', true)])
    expect(await engines.health()).toMatchObject({
      status: 'ok',
      pending: 3,
      kinds: { like: { pending: 2 }, bookmark: { pending: 1 } },
    })
    expect(await engines.drainer.flush()).toEqual({
      drained: 3,
      more: false,
      kinds: { like: { drained: 2, more: false }, bookmark: { drained: 1, more: false } },
    })
    expect([await stores.rows('like'), await stores.rows('bookmark')]).toEqual([[ana], ['ana']])
    expect([await stores.count('like'), await stores.count('bookmark')]).toEqual([1, 1])
    expect(await engines.health()).toMatchObject({ status: 'ok', pending: 0, refused: 0 })
  })

  it('one refused op of one kind leaves the other draining, and health says whose it is', async () => {
    const engines = stores.instance()
    const { like, bookmark } = engines.kinds
    await stores.refuseBookmarksOf('barred')
    await bookmark.set('1', 'barred', true)
    await bookmark.set('1', 'ben', true)
    await like.set('1', ana, true)
    expect(await engines.drainer.flush()).toMatchObject({
      drained: 2,
      more: false,
      kinds: { like: { drained: 1 }, bookmark: { drained: 1 } },
    })
    expect([await stores.rows('like'), await stores.rows('bookmark')]).toEqual([[ana], ['ben']])
    expect(await engines.health()).toMatchObject({
      status: 'degraded',
      refused: 1,
      pending: 0,
      kinds: { like: { status: 'ok', refused: 0 }, bookmark: { status: 'degraded', refused: 1 } },
    })
  })

  it('one kind whose drain fails leaves the others drained, and is named', async () => {
    const engines = stores.instance()
    await refuseTheDrainOfBookmarks()
    await engines.kinds.bookmark.set('1', 'ana', true)
    await engines.kinds.like.set('1', ana, true)
    expect(await engines.drainer.flush()).toMatchObject({
      drained: 1,
      more: true,
      kinds: { like: { drained: 1, more: false }, bookmark: { error: expect.any(Error) } },
    })
    expect(await stores.rows('like')).toEqual([ana])
    expect(await engines.health()).toMatchObject({
      status: 'degraded',
      pending: 1,
      paused: expect.any(String),
      kinds: { like: { status: 'ok', paused: null }, bookmark: { status: 'degraded', pending: 1 } },
    })
    // Under its name of 0.1 it rejects, as that of one engine does.
    await expect(engines.drain.drain()).rejects.toBeInstanceOf(Error)
  })
})

describe('the loop of several kinds', () => {
  const start = (options = {}) => {
    const engines = stores.instance(options)
    started.push(engines)
    engines.drainer.start()
    return engines
  }

  it('drains the presses on each kind, in two processes at once', async () => {
    const engines = [1, 2].map(() => start({ drain: { lingerMs: 1, idleMs: 50 } }))
    const presses = ARTICLES.flatMap((article, n) => [
      engines[n % 2]!.kinds.like.set(article, ana, true),
      engines[(n + 1) % 2]!.kinds.like.set(article, ben, true),
      engines[n % 2]!.kinds.bookmark.set(article, 'eva', true),
    ])
    await Promise.all(presses)
    await expect.poll(async () => (await engines[0]!.health()).pending).toBe(0)
    for (const article of ARTICLES) {
      expect(await stores.rows('like', article)).toEqual([ana, ben].sort())
      expect(await stores.rows('bookmark', article)).toEqual(['eva'])
      expect([await stores.count('like', article), await stores.count('bookmark', article)]).toEqual([2, 1])
    }
  })

  it('finds what another process has left of any kind', async () => {
    start({ drain: { lingerMs: 1, idleMs: 20 } })
    const { kinds } = stores.instance()
    await kinds.like.set('1', ana, true)
    await kinds.bookmark.set('1', 'ana', true)
    await expect.poll(() => stores.rows('like')).toEqual([ana])
    await expect.poll(() => stores.rows('bookmark')).toEqual(['ana'])
  })

  it('goes on with one kind while the other fails, says which, and resumes', async () => {
    const said: string[] = []
    const log = { warn: (line: string) => void said.push(line) }
    const { kinds } = start({ log, drain: { lingerMs: 1, idleMs: 50, maxBackoffMs: 50 } })
    await refuseTheDrainOfBookmarks()
    await kinds.bookmark.set('1', 'ana', true)
    await expect.poll(() => said).toEqual([expect.stringMatching(/^bookmark: drain paused: /)])
    await kinds.like.set('1', ana, true)
    await expect.poll(() => stores.rows('like')).toEqual([ana])
    await stores.sql.unsafe('alter function onecount_bookmark_drain_away rename to onecount_bookmark_drain')
    await expect.poll(() => stores.rows('bookmark')).toEqual(['ana'])
    await expect.poll(() => said.slice(1)).toEqual(['bookmark: drain resumed'])
  })

  it('drains every kind when it is stopped, also where one of them fails', async () => {
    const engines = start({ drain: { lingerMs: NEVER, idleMs: NEVER } })
    // Before the press: the drainer looks once when it starts, however late that is.
    await refuseTheDrainOfBookmarks()
    await engines.kinds.like.set('1', ana, true)
    await engines.kinds.bookmark.set('1', 'ana', true)
    await engines.drainer.stop()
    expect(await stores.rows('like')).toEqual([ana])
    expect(await engines.health()).toMatchObject({
      kinds: { like: { pending: 0 }, bookmark: { pending: 1 } },
    })
  })
})

describe('onecount worker', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onecount-several-'))
    await writeFile(join(folder, 'onecount.config.mjs'), `export default ${JSON.stringify({ kinds: KINDS })}`)
  })
  afterAll(() => rm(folder, { recursive: true }))

  function worker(...args: string[]) {
    const env = { PATH: process.env.PATH, REDIS_URL: stores.redisUrl, DATABASE_URL: stores.databaseUrl }
    const child = spawn(process.execPath, [BIN, 'worker', ...args], {
      cwd: folder,
      env: { ...env, NODE_ENV: 'test' },
    })
    workers.push(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', data => {
        output += data
      })
    const ended = new Promise<{ code: number | null; output: string }>(resolve =>
      child.on('close', code => resolve({ code, output })),
    )
    return { child, ended }
  }

  it('killed between the two drains loses nothing and counts nothing twice', async () => {
    const { kinds, health } = stores.instance()
    for (const article of ARTICLES) {
      await kinds.like.set(article, ana, true)
      await kinds.bookmark.set(article, 'ana', true)
    }
    const release = await stores.holdBookmarks()
    const { child, ended } = worker()
    await expect.poll(() => stores.rows('like', '30')).toEqual([ana])
    child.kill('SIGKILL')
    await ended
    await release()
    expect((await health()).kinds.bookmark.pending).toBe(ARTICLES.length)
    expect(await worker('--once').ended).toEqual({ code: 0, output: '' })
    for (const article of ARTICLES) {
      expect([await stores.rows('like', article), await stores.rows('bookmark', article)]).toEqual([
        [ana],
        ['ana'],
      ])
      expect([await stores.count('like', article), await stores.count('bookmark', article)]).toEqual([1, 1])
    }
    expect(await health()).toMatchObject({ status: 'ok', pending: 0, unseen: 0 })
  })

  it('drains presses on all kinds as they come, and the rest when it is asked to stop', async () => {
    const { child, ended } = worker('--every', '20')
    const { kinds } = stores.instance()
    await kinds.like.set('1', ana, true)
    await kinds.bookmark.set('1', 'ana', true)
    for (const name of ['like', 'bookmark'] satisfies Name[])
      await expect.poll(() => stores.rows(name)).toHaveLength(1)
    child.kill('SIGTERM')
    expect(await ended).toEqual({ code: 0, output: '' })
  })

  it('--once brings the other kinds where one fails, names it, and ends with 2', async () => {
    await refuseTheDrainOfBookmarks()
    const { kinds } = stores.instance()
    await kinds.like.set('1', ana, true)
    await kinds.bookmark.set('1', 'ana', true)
    const { code, output } = await worker('--once').ended
    expect([code, await stores.rows('like')]).toEqual([2, [ana]])
    expect(output).toMatch(/^bookmark: /m)
  })
})

describe('what does not fit together is refused', () => {
  it('a driver of another kind, whose tables two engines would share', () => {
    const postgres = () => postgresJsPort(stores.sql, { kind: config.kinds.like })
    expect(() => stores.instance({ postgres })).toThrow(
      expect.objectContaining({
        code: 'misconfigured',
        message: expect.stringContaining(
          'the driver for the kind bookmark on articles was made for the kind like on articles',
        ),
      }),
    )
    const unnamed = () => postgresJsPort(stores.sql)
    expect(() => stores.instance({ postgres: unnamed })).toThrow(
      /the kind like on articles was made for the kind like on posts_new/,
    )
  })

  it('a configuration that was not checked', () => {
    for (const given of [{ kinds: KINDS }, { kinds: {} }, {}])
      expect(() => createEngines(given as never, stores.ports())).toThrow(/config: give what defineConfig/)
  })

  it('the main kind is like, else the first', () => {
    const mainOf = (kinds: Parameters<typeof defineConfig>[0]['kinds']) =>
      createEngines(defineConfig({ kinds }), stores.ports()).main
    expect(mainOf({ bookmark: KINDS.bookmark, like: KINDS.like })).toBe('like')
    expect(mainOf({ bookmark: KINDS.bookmark, heart: KINDS.like })).toBe('bookmark')
    expect(mainOf({ bookmark: KINDS.bookmark, like: DEFAULT_KIND_CONFIG })).toBe('like')
  })
})
