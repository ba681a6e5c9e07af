import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { killOnExit } from '@onecount/dev-stack/kill-on-exit'
import { type Program, run, until } from '@onecount/dev-stack/process'
import { startUpstashServer, type UpstashServer } from '@onecount/dev-stack/upstash-server'
import { SCRIPTS } from 'onecount/redis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Stores, startStores } from './support/stores'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
const DRAIN_SECRET = 'the-secret-of-the-scheduler'
/** Longer than the lease of a drain and the deadline of a request over REST, milliseconds. */
const LONG_MS = 1700

/** Scripts by the digest under which they are sent. */
const NAMES = new Map(
  Object.entries(SCRIPTS).map(([name, { source }]) => [
    createHash('sha1').update(`#!lua flags=allow-key-locking\n${source}`).digest('hex'),
    name,
  ]),
)

/** A function of a platform: a process that is stopped and goes on as the platform likes. */
interface Fn {
  program: Program
  like(ack?: 'postgres'): Promise<{ count: number; source: string; durable: boolean }>
  read(): Promise<{ count: number; source: string }>
  cron(): Promise<{ drained: number; more: boolean }>
}

let stores: Stores
let upstash: UpstashServer
/** Told of every script that a function sends, before it runs. */
let onScript: (name: string) => void = () => {}
let sent: string[] = []
let a: Fn
let b: Fn
beforeAll(async () => {
  stores = await startStores()
  upstash = await startUpstashServer({
    redisUrl: stores.redisUrl,
    fateOf(commands) {
      for (const [, sha1] of commands) {
        const name = NAMES.get(String(sha1)) ?? ''
        sent.push(name)
        onScript(name)
      }
      return 'answered'
    },
  })
  await stores.begin([POST])
  ;[a, b] = await Promise.all([startFunction(), startFunction()])
  // Every script is known, and the stores know each other.
  await a.like()
  await b.cron()
})
afterAll(async () => {
  await Promise.all([a, b].map(({ program }) => program.kill()))
  await upstash.stop()
  await stores.stop()
})
beforeEach(async () => {
  onScript = () => {}
  a.program.child.kill('SIGCONT')
  await settled()
})

async function startFunction(): Promise<Fn> {
  const env = {
    ...process.env,
    DATABASE_URL: stores.databaseUrl,
    UPSTASH_REDIS_REST_URL: upstash.url,
    UPSTASH_REDIS_REST_TOKEN: upstash.token,
    SECRET: 'a-secret-for-tests-that-is-long-enough',
    DRAIN_SECRET,
  }
  const script = join(import.meta.dirname, 'support/function-process.ts')
  const program = killOnExit(run(process.execPath, ['--import', 'tsx', script], { env }))
  await until('a function', program, async () => /port \d+/.test(program.lastWords()))
  const url = `http://127.0.0.1:${/port (\d+)/.exec(program.lastWords())![1]}/api`
  const likes = `${url}/likes`
  return {
    program,
    async like(ack) {
      const init = { method: 'PUT', body: JSON.stringify({ ack }) }
      const response = await fetch(`${likes}/${POST.id}`, {
        ...init,
        headers: { 'content-type': 'application/json' },
      })
      expect(response.status).toBe(200)
      return response.json()
    },
    read: async () => (await (await fetch(`${likes}?ids=${POST.id}`)).json()).likes[POST.id],
    async cron() {
      const response = await fetch(`${url}/drain`, { headers: { authorization: `Bearer ${DRAIN_SECRET}` } })
      expect(response.status).toBe(200)
      return response.json()
    },
  }
}

const inPostgres = async () => {
  const [row] = await stores.sql`
    select likes, (select count(*)::int from post_ratings where post_id = ${POST.id}) as rows
    from posts_new where id = ${POST.id}`
  return { likes: row!.likes as number, rows: row!.rows as number }
}

/** Waits until both stores hold the same, by whatever drains behind answers. */
async function settled(): Promise<number> {
  const { likes } = await (async () => {
    await expect
      .poll(async () => {
        const { count } = await b.read()
        const held = await inPostgres()
        return [held.likes === count, held.likes === POST.base + held.rows]
      })
      .toEqual([true, true])
    return inPostgres()
  })()
  return likes
}

/** Stops a function with the first call of this script that anybody makes. */
const stopAt = (script: string, fn: Fn, signal: 'SIGSTOP' | 'SIGKILL' = 'SIGSTOP') =>
  new Promise<void>(resolve => {
    onScript = name => {
      if (name !== script) return
      onScript = () => {}
      fn.program.child.kill(signal)
      resolve()
    }
  })

describe('a function that is frozen', () => {
  it.each(['collect', 'settle'])(
    'in the middle of its drain, at %s, leaves it to others, and does no harm when it is thawed',
    async script => {
      const before = await settled()
      const stopped = stopAt(script, a)
      const { count } = await a.like()
      await stopped
      expect(count).toBe(before + 1)
      // The scheduler waits for the lease of the one that is frozen, and goes on with its batch.
      expect((await b.cron()).more).toBe(false)
      expect(await settled()).toBe(before + 1)
      expect(await b.like()).toMatchObject({ count: before + 2, source: 'redis' })
      expect(await settled()).toBe(before + 2)
      await new Promise(resolve => setTimeout(resolve, LONG_MS))
      a.program.child.kill('SIGCONT')
      expect(await a.like()).toMatchObject({ count: before + 3, source: 'redis' })
      expect(await a.read()).toMatchObject({ count: before + 3, source: 'redis' })
      expect(await settled()).toBe(before + 3)
    },
  )

  it('while it waits for Redis reads the answer before the deadline that has passed meanwhile', async () => {
    const before = await settled()
    const stopped = stopAt('press', a)
    sent = []
    const pressed = a.like()
    await stopped
    await new Promise(resolve => setTimeout(resolve, LONG_MS))
    a.program.child.kill('SIGCONT')
    expect(await pressed).toMatchObject({ count: before + 1, source: 'redis' })
    expect(
      sent.filter(name => name === 'press'),
      'once before the new session was hydrated and once after it',
    ).toHaveLength(2)
    expect(await a.like(), 'no breaker is open').toMatchObject({ count: before + 2, source: 'redis' })
    expect(await settled()).toBe(before + 2)
  })
})

describe('a function that never comes back', () => {
  it('loses nothing that Redis kept, which the scheduler drains', async () => {
    const before = await settled()
    const stopped = stopAt('collect', a, 'SIGKILL')
    expect(await a.like()).toMatchObject({ count: before + 1, durable: false })
    await stopped
    await a.program.exited
    expect((await inPostgres()).likes, 'nothing has drained it').toBe(before)
    expect(await b.cron()).toEqual({ drained: 1, more: false })
    expect(await settled()).toBe(before + 1)
    a = await startFunction()
  })

  it("loses nothing that was acknowledged with ack 'postgres'", async () => {
    const before = await settled()
    expect(await a.like('postgres')).toMatchObject({ count: before + 1, durable: true })
    await a.program.kill()
    expect(await inPostgres()).toEqual({ likes: before + 1, rows: before + 1 - POST.base })
    a = await startFunction()
  })
})
