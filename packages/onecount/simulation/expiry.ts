import type { Call } from './network'
import { toldBy } from './script-calls'
import type { World } from './world'

/** When sessions may leave Redis: a day after they were settled or installed last, which is long after they were pressed. */
export class Expiry {
  /** When a session was pressed, and when it was given its time, by key. */
  readonly #pressedAt = new Map<string, number>()
  readonly #timedAt = new Map<string, number>()
  /** The newest op of each pair. */
  readonly #newest = new Map<string, number>()
  #now = 0

  constructor(private readonly world: World) {}

  watch(call: Call, answer: unknown): void {
    const { store, name } = call
    if (store !== 'redis') return
    const [keys] = call.args as [string[]]
    const verdict = typeof answer === 'string' ? answer : (answer as string[])[0]
    this.#now++
    if (name === 'write' || name === 'press') this.#watchPress(call, answer as string[])
    if (name === 'install-sessions' && verdict === 'OK')
      for (const session of keys.slice(1)) this.#timedAt.set(session, this.#now)
    if (name !== 'settle' || verdict !== 'OK') return
    for (const { post, session } of toldBy(call))
      this.#timedAt.set(this.world.redis.keysOf(post).ops(session), this.#now)
  }

  /** A press that is there again, or too late, touches nothing. */
  #watchPress({ args }: Call, [verdict, ...rest]: string[]): void {
    if (verdict !== 'WARM' && verdict !== 'COLD') return
    const [keys, values] = args as [string[], string[]]
    const [pair, op] = [values.slice(0, 2).join('|'), Number(rest[verdict === 'WARM' ? 3 : 0])]
    if (op <= (this.#newest.get(pair) ?? 0)) return
    this.#newest.set(pair, op)
    this.#pressedAt.set(keys[2]!, this.#now)
  }

  /** Not while something is pending that was pressed before the session was given its time. */
  async mayExpire(post: string, session: string): Promise<boolean> {
    const { redis } = this.world
    const key = redis.keysOf(post).ops(session)
    if (!(await redis.expires(key))) return false
    if ((this.#pressedAt.get(key) ?? 0) > (this.#timedAt.get(key) ?? 0)) return true
    const { pending } = await redis.held(redis.partitionOf(post))
    return ![...pending.keys()].some(pair => pair.endsWith(`|${session}`))
  }
}
