import { opTime } from '../src/core/op'
import type { Call } from './network'
import { latestOf, sliceOf, toldBy } from './script-calls'

/**
 * What Redis promises to give again to a Postgres that comes back older: of what was drained, the ops that were pressed
 * within R before Postgres last took a batch, and those that had waited for longer, if they were drained within it.
 */
export class Memory {
  /** When a pair's op was settled, milliseconds, by `post|session|op`. */
  readonly #settledAt = new Map<string, number>()
  /** How many pairs of a batch are settled, by its nonce. */
  readonly #settledTo = new Map<string, number>()
  #appliedAt = 0

  constructor(private readonly recentMs: number) {}

  /**
   * How old an op was when it was settled goes by the later of the drainer's clock and Redis', which is in the nonce. One
   * of the two is right, so nothing is forgotten sooner than by the world's time.
   */
  watch(call: Call, answer: unknown, now: number): void {
    if (call.name === 'sync' && (answer as { status: string }).status === 'applied') this.#appliedAt = now
    if (call.name !== 'settle' || String(answer).split(',')[0] !== 'OK') return
    if (this.#isRepeat(call)) return
    const args = call.args[1] as string[]
    const [seconds, micros] = String(args[0]).split('.').slice(-2).map(Number) as [number, number]
    const settledAt = Math.max(latestOf(call), seconds * 1000 + micros / 1000)
    for (const { post, session, op, likes } of toldBy(call)) {
      // Of a post that is gone, or may be another one, nothing is remembered.
      if (likes === 'gone' || /^[!~]/.test(likes) || op === 0) continue
      this.#settledAt.set(`${post}|${session}|${op}`, settledAt)
    }
  }

  /** Redis has lost something: what was settled in it may be settled once more. */
  redisLost(): void {
    this.#settledTo.clear()
  }

  /** A slice that was settled before is answered and changes nothing: its ops are as old as they were. */
  #isRepeat(call: Call): boolean {
    const { nonce, to, isLast } = sliceOf(call)
    const before = this.#settledTo.get(nonce) ?? 0
    this.#settledTo.set(nonce, Math.max(before, to))
    return !isLast && to <= before
  }

  /** Ops that were drained and are promised, of which Redis holds none any more. */
  forgotten(held: ReadonlyMap<string, number>): string[] {
    return [...this.#settledAt.keys()].filter(drained => {
      const [, pair, op] = /^(.+)\|(\d+)$/.exec(drained)!
      return this.isPromised(pair!, Number(op)) && (held.get(pair!) ?? 0) < Number(op)
    })
  }

  isPromised = (pair: string, op: number): boolean => {
    const horizon = this.#appliedAt - this.recentMs
    const pressedAt = opTime(op) / 1000
    if (pressedAt >= horizon) return true
    const settledAt = this.#settledAt.get(`${pair}|${op}`) ?? 0
    return settledAt - pressedAt > this.recentMs && settledAt >= horizon
  }
}
