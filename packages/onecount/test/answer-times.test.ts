import { awakeNow } from '@onecount/dev-stack/awake'
import { DEFAULT_SETTINGS, nextOp, type Onecount, OnecountError, type WriteState } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { FAIL_FAST } from 'onecount/redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from './support/databases'
import { forAllTests } from './support/for-all-tests'
import { startStores } from './support/stores'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
const COLD = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0002', base: 12 }
/** Deadlines of one call that the drivers set by themselves, milliseconds. */
const REDIS_MS = FAIL_FAST.commandTimeout
const POSTGRES_MS = 5000
/** Of a machine that is busy with something else, milliseconds. */
const SLACK_MS = 500

const stores = forAllTests(startStores)
let onecount: Onecount
let restore: () => unknown
beforeEach(async () => {
  await stores.begin([POST, COLD])
  restore = () => {}
  onecount = stores.instance({
    ...stores.ports({ redisMs: REDIS_MS, postgresMs: POSTGRES_MS }),
    settings: DEFAULT_SETTINGS,
  })
  await onecount.drainer.flush()
  await press({ session: KNOWN })
})
afterEach(() => restore())

interface Answer {
  ms: number
  /** The answer to the caller: the code of a refusal, or the state after the press. */
  told: string | Pick<WriteState, 'count' | 'liked' | 'source' | 'durable'>
}

/** A session whose ops Redis knows. */
const KNOWN = 'ana'
let sessions = 0
/** As browsers press: with an op of their own. Of a session that Redis has not met, where none is named. */
async function press({
  postId = POST.id,
  session = `session-${++sessions}`,
  ack,
}: {
  postId?: string
  session?: string
  ack?: 'postgres'
} = {}): Promise<Answer> {
  const started = awakeNow()
  const op = nextOp(Date.now() * 1000, 0, true)
  const answer = await onecount.set(postId, session, true, { ack, op }).catch((error: unknown) => error)
  const ms = awakeNow() - started
  if (answer instanceof OnecountError) return { ms, told: answer.code }
  const { count, liked, source, durable } = answer as WriteState
  return { ms, told: { count, liked, source, durable } }
}

/** Of five presses, one after the other, the one whose time is in the middle. */
async function usualPress(options: Parameters<typeof press>[0] = {}): Promise<Answer> {
  const answers: Answer[] = []
  for (let i = 0; i < 5; i++) answers.push(await press(options))
  return answers.sort((a, b) => a.ms - b.ms)[2]!
}

async function hangPostgres(): Promise<void> {
  restore = await stores.hangPostgres()
}

// The table of docs/durability.md, with the drivers' own deadlines.
describe('a like is answered', () => {
  it('at once by Redis while nothing is broken', async () => {
    const { ms, told } = await usualPress()
    expect(told).toMatchObject({ liked: true, source: 'redis', durable: false })
    expect(ms).toBeLessThan(REDIS_MS)
  })

  it('at once by Postgres while Redis is down', async () => {
    await stores.stopRedis()
    restore = stores.startRedisEmpty
    const { ms, told } = await usualPress()
    expect(told).toMatchObject({ liked: true, source: 'postgres', durable: true })
    expect(ms).toBeLessThan(REDIS_MS)
  })

  it('by Postgres after two calls while Redis hangs, and at once when five have failed', async () => {
    stores.hangRedis()
    restore = stores.wakeRedis
    const first = await press()
    expect(first.told).toMatchObject({ liked: true, source: 'postgres', durable: true })
    expect(first.ms).toBeGreaterThan(REDIS_MS)
    expect(first.ms).toBeLessThan(2 * REDIS_MS + SLACK_MS)
    await press()
    await press()
    expect((await usualPress()).ms).toBeLessThan(REDIS_MS)
  })

  it('at once by Redis while Postgres hangs', async () => {
    await hangPostgres()
    const { ms, told } = await usualPress({ session: KNOWN })
    expect(told).toMatchObject({ liked: true, source: 'redis', durable: false })
    expect(ms).toBeLessThan(REDIS_MS)
  })

  it('by Redis after the deadline of Postgres, where it hangs and the session is new, and at once when that has failed for some', async () => {
    await hangPostgres()
    const first = await Promise.all([press(), press(), press(), press(), press()])
    for (const { ms, told } of first) {
      expect(told).toMatchObject({ liked: true, source: 'lagging', durable: false })
      expect(ms).toBeLessThan(POSTGRES_MS + SLACK_MS)
    }
    await press()
    const { ms, told } = await usualPress()
    expect(told).toMatchObject({ liked: true, source: 'lagging', durable: false })
    expect(ms).toBeLessThan(REDIS_MS)
  })

  it('with a refusal after the deadline of Postgres, where it has to be durable and Postgres hangs', async () => {
    await hangPostgres()
    const { ms, told } = await press({ session: KNOWN, ack: 'postgres' })
    expect(told).toBe('unavailable')
    expect(ms).toBeLessThan(POSTGRES_MS + SLACK_MS)
  })

  it('by Redis, without a count, after the deadline of Postgres, where it hangs and the post is cold', async () => {
    await hangPostgres()
    const { ms, told } = await press({ postId: COLD.id })
    expect(told).toEqual({ count: null, liked: true, source: 'unknown', durable: false })
    expect(ms).toBeLessThan(POSTGRES_MS + SLACK_MS)
  })

  it('at once by Redis, without a count, while Postgres is down and the post is cold', async () => {
    const nowhere = connect('postgres://postgres@127.0.0.1:1/nowhere')
    restore = () => nowhere.end({ timeout: 0 })
    const { redis } = stores.ports({ redisMs: REDIS_MS })
    onecount = stores.instance({ redis, postgres: postgresJsPort(nowhere), settings: DEFAULT_SETTINGS })
    const { ms, told } = await press({ postId: COLD.id })
    expect(told).toEqual({ count: null, liked: true, source: 'unknown', durable: false })
    expect(ms).toBeLessThan(REDIS_MS)
  })

  it('within the deadline, with a refusal, while both hang', async () => {
    await hangPostgres()
    stores.hangRedis()
    const wakePostgres = restore
    restore = () => Promise.all([stores.wakeRedis(), wakePostgres()])
    const { ms, told } = await press()
    expect(told).toBe('unavailable')
    expect(ms).toBeLessThan(DEFAULT_SETTINGS.deadlineMs + SLACK_MS)
  })
})
