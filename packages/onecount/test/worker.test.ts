import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { forAllTests } from './support/for-all-tests'
import { startStores } from './support/stores'

const BIN = join(import.meta.dirname, '../bin/onecount.mjs')
const POSTS = Array.from(
  { length: 20 },
  (_, n) => `50050001-aaaa-bbbb-cccc-${n.toString(16).padStart(12, '0')}`,
)

const stores = forAllTests(startStores)
beforeAll(() => stores.begin(POSTS.map(id => ({ id, base: 0 }))))

function onecount(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { ...process.env, REDIS_URL: stores.redisUrl, DATABASE_URL: stores.databaseUrl, ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', data => {
      output += data
    })
  }
  const ended = new Promise<{ code: number | null; output: string }>(resolve =>
    child.on('close', code => resolve({ code, output })),
  )
  return { child, ended }
}

/** Likes of an application that does not drain: they stay pending. */
async function likeEverything(sessions: number, prefix: string) {
  const app = stores.instance()
  await app.read(POSTS)
  for (let n = 0; n < sessions; n++)
    await Promise.all(POSTS.map(post => app.set(post, `${prefix}-${n}`, true)))
  return { health: () => app.health(), pending: (await app.health()).pending ?? 0 }
}

const rows = async (prefix: string) => {
  const [row] =
    await stores.sql`select count(*)::integer as n from post_ratings where session_id like ${`${prefix}-%`}`
  return row!.n as number
}

describe('onecount worker', () => {
  it('drains the backlog of an application with --once, prints nothing and ends with 0', async () => {
    const app = await likeEverything(10, 'once')
    expect(app.pending).toBe(200)
    expect(await onecount(['worker', '--once']).ended).toEqual({ code: 0, output: '' })
    expect(await rows('once')).toBe(200)
    expect((await app.health()).pending).toBe(0)
  })

  it('loses nothing with three at once, one of them killed in the middle; SIGTERM drains and ends with 0', async () => {
    const app = await likeEverything(1000, 'three')
    const workers = [1, 2, 3].map(() => onecount(['worker']))
    await expect.poll(() => rows('three')).toBeGreaterThan(0)
    workers[0]!.child.kill('SIGKILL')
    await expect.poll(() => rows('three')).toBe(20_000)
    for (const { child } of workers.slice(1)) child.kill('SIGTERM')
    const ended = await Promise.all(workers.slice(1).map(worker => worker.ended))
    expect(ended.map(({ code }) => code)).toEqual([0, 0])
    expect((await app.health()).pending).toBe(0)
    const counts =
      await stores.sql`select likes, (select count(*)::integer from post_ratings r where r.post_id = p.id) as n from posts_new p`
    expect(counts.every(({ likes, n }) => likes === n)).toBe(true)
  })

  it.each([
    [['worker', '--fast'], 2, '--fast'],
    [['nothing'], 2, 'There is no command nothing'],
    [['--help'], 0, 'worker'],
    [['worker', '--help'], 0, '--once'],
  ])('answers %j with exit code %i', async (args, code, words) => {
    const ended = await onecount(args).ended
    expect(ended.code).toBe(code)
    expect(ended.output).toContain(words)
  })

  it('names the setting that is missing', async () => {
    const ended = await onecount(['worker'], { REDIS_URL: '' }).ended
    expect(ended.code).toBe(2)
    expect(ended.output).toContain('REDIS_URL')
  })
})
