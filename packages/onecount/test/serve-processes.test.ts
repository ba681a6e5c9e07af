import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSession } from 'onecount/http'
import { SCRIPTS } from 'onecount/redis'
import { beforeEach, describe, expect, it } from 'vitest'
import { POST, POSTS, startCli } from './support/cli'
import { forAllTests } from './support/for-all-tests'
import { monitored } from './support/redis-monitor'
import { serving } from './support/serve'
import { startStores } from './support/stores'

const PROCESSES = 4
const SECRET = 'x'.repeat(40)

const stores = forAllTests(startStores)
const cli = forAllTests(() => startCli(stores))
const servers = forAllTests(() => serving(cli))
const serve: typeof servers.serve = (...of) => servers.serve(...of)
beforeEach(() => cli.begin())

const cookie = () => `onecount_session=${createSession(SECRET).value}`
/** Without a connection that is kept: the next request is of the next process. */
const like = (url: string, id: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/likes/${id}`, { method: 'PUT', headers: { connection: 'close', ...headers } })

describe(`${PROCESSES} processes of serve`, () => {
  it('say once where they listen, and stop in order', async () => {
    const { url, output, kill, ended, pid } = await serve(['--processes', String(PROCESSES)])
    const children = await childrenOf(pid)
    await Promise.all(POSTS.map(({ id }) => like(url, id)))
    // As a terminal and systemd do: to all of them, and the first process tells the others once more.
    kill('SIGTERM')
    for (const child of children) process.kill(child, 'SIGTERM')
    expect((await ended).code).toBe(0)
    expect(output).toEqual({ out: `[onecount] listening on ${url}, ${PROCESSES} processes\n`, err: '' })
    for (const post of POSTS) expect((await stores.compare(post)).postgres.count).toBe(post.base + 3)
  })

  it('have one limit for new sessions, one for a session, and one for an address', async () => {
    const limits = 'new=5/1h,session=10/1h,ip=20/1h'
    const { url } = await serve(['--processes', String(PROCESSES)], { ONECOUNT_LIMITS: limits })
    const passed = async (headersOf: () => Record<string, string>) => {
      const all = Array.from({ length: 40 }, () => like(url, POST.id, headersOf()))
      return (await Promise.all(all)).filter(({ status }) => status === 200).length
    }
    expect(await passed(() => ({}))).toBe(5)
    const one = { cookie: cookie() }
    expect(await passed(() => one)).toBe(10)
    // Five are left of the address.
    expect(await passed(() => ({ cookie: cookie() }))).toBe(5)
  })

  it('drain as one: no batch is settled by two of them', async () => {
    const { url } = await serve(['--processes', String(PROCESSES)])
    // Of every process: the client takes what a connection says that is made meanwhile for an answer to its MONITOR.
    const looks = Array.from({ length: 3 * PROCESSES }, () => `${url}/health`)
    await expect.poll(() => Promise.all(looks.map(redisOf))).toEqual(looks.map(() => 'up'))
    const commands = await monitored(stores.redis, async () => {
      for (let round = 0; round < 5; round++)
        await Promise.all(POSTS.map(({ id }) => like(url, id, { cookie: cookie() })))
      // Not by what /health says: each process may answer with what it heard within the last second.
      const rows = () => stores.sql`select count(*)::integer as n from post_ratings`
      await expect.poll(async () => (await rows())[0]!.n).toBe(7 * POSTS.length)
    })
    const settled = commands.filter(([name, sha]) => name === 'evalsha' && sha === SCRIPTS.settle.sha1)
    /** The nonce of the batch, and which slice of it. */
    const slices = settled.map(([, , keys, ...args]) => `${args[Number(keys)]} ${args[Number(keys) + 10]}`)
    expect(slices.length).toBeGreaterThan(0)
    expect(new Set(slices).size).toBe(slices.length)
  })

  it('are replaced when one is killed, and nothing is lost', async () => {
    const { url, output, pid } = await serve(['--processes', '2'])
    const [worker] = await childrenOf(pid)
    process.kill(worker!, 'SIGKILL')
    await expect.poll(() => output.err).toContain('a process ended (SIGKILL): another one starts')
    await expect.poll(async () => (await childrenOf(pid)).length).toBe(2)
    await expect
      .poll(() =>
        like(url, POST.id).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200)
  })

  it.each([
    ['ONECOUNT_LIMITS', 'session=many'],
    ['ONECOUNT_TRUSTED_ORIGINS', 'app.example.com'],
  ])('go on where one that is replaced cannot start, and it is tried again: %s', async (name, wrong) => {
    const { url, output, pid } = await serve(['--processes', '2'])
    const [killed, healthy] = await childrenOf(pid)
    const file = join(cli.folder, '.env')
    await writeFile(file, `${name}=${wrong}\n`)
    try {
      process.kill(killed!, 'SIGKILL')
      const reason = `a process could not start (${name}`
      await expect.poll(() => output.err.split(reason).length).toBeGreaterThan(2)
      expect(await childrenOf(pid)).toContain(healthy)
      expect((await like(url, POST.id)).status).toBe(200)
    } finally {
      await rm(file)
    }
    // What is answered now is by the replacement.
    process.kill(healthy!, 'SIGSTOP')
    try {
      await expect.poll(() => statusSoon(`${url}/health`)).toBe(200)
    } finally {
      process.kill(healthy!, 'SIGCONT')
    }
  })
})

/** 0: no process answers within a second. */
const statusSoon = (url: string): Promise<number> =>
  fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(1000) }).then(
    ({ status }) => status,
    () => 0,
  )

/** What the next process says of Redis. */
async function redisOf(url: string): Promise<string> {
  const response = await fetch(url, { headers: { connection: 'close' } })
  return (await response.json()).redis
}

/** Processes that `pid` has started. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim().split(' ').filter(Boolean).map(Number)
}
