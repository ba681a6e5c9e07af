import { startUpstashServer, type UpstashServer } from '@onecount/dev-stack/upstash-server'
import type { Fault } from './faults'
import { type Fate, Platform } from './platform'
import { SingleRedis } from './single-redis'
import type { Store } from './stack'

/** A function serves one request at a time: so many wait for one only where some are stopped. */
export const FUNCTION_PEOPLE = 6

/** A strike ends after this long, milliseconds. */
const AT_MOST_MS = 10_000
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

/** Functions, which reach Redis over REST and drain behind their answers, and a scheduler in place of a worker. */
export class Functions implements Store {
  readonly partitions = 1
  readonly worker = null
  platform: Platform | undefined

  private constructor(
    private readonly redis: SingleRedis,
    private readonly upstash: UpstashServer,
  ) {}

  static async start(dir: string): Promise<Functions> {
    const redis = await SingleRedis.start(dir)
    return new Functions(redis, await startUpstashServer({ redisUrl: redis.url }))
  }

  async startApp(env: NodeJS.ProcessEnv, port: number) {
    const { url, token } = this.upstash
    const upstash = { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token }
    const platform = await Platform.start({ ...env, ...upstash }, port)
    this.platform = platform
    return { kill: () => platform.stop() }
  }

  get url() {
    return this.redis.url
  }

  get client() {
    return this.redis.client
  }

  keysLike(pattern: string): Promise<string[]> {
    return this.redis.keysLike(pattern)
  }

  async stop(): Promise<void> {
    await this.upstash.stop()
    await this.redis.stop()
  }
}

/** Functions meet their fate right after they have answered a press, until so many have. */
const meet = (name: string, fate: Fate, times: number): Fault<Functions> => ({
  name,
  isKill: true,
  // They wait for a function that is stopped, or for a new one.
  isPeoples: true,
  async strike({ redis }) {
    const platform = redis.platform!
    const before = platform.struck
    platform.fate = fate
    for (const end = Date.now() + AT_MOST_MS; platform.struck < before + times && Date.now() < end; )
      await pause(10)
    platform.thaw()
    return platform.struck - before
  },
})

export const FUNCTION_FAULTS: readonly Fault<Functions>[] = [
  meet('frozen at the answer', 'frozen', 100),
  meet('frozen in a drain, thawed late', 'held', 10),
  meet('killed at the answer', 'killed', 8),
]
