import type { PairWrite } from '../src/core/ports'
import type { Call } from './network'
import { pairOf } from './truth'

/** Presses without an op: which of them a store has given one. */
export class PressCalls {
  /** The keys by which Redis finds their ops again. */
  readonly #given = new Set<string>()

  watch(call: Call, answer: unknown): void {
    if (call.name === 'press' && isGivenOp(answer as string[])) this.#given.add(callKeyOf(call))
  }

  /**
   * Pairs that a call which comes late presses without an op: in Postgres it is a new press whenever it comes, in Redis
   * unless it has been there before.
   */
  pressedAnew(call: Call): string[] {
    if (call.name === 'press') {
      const [post, session] = call.args[1] as string[]
      return this.#given.has(callKeyOf(call)) ? [] : [pairOf(post!, session!)]
    }
    if (call.name !== 'write' || call.store !== 'postgres') return []
    const writes = call.args[0] as PairWrite[]
    return writes.filter(({ op }) => op === null).map(write => pairOf(write.postId, write.sessionId))
  }
}

const callKeyOf = ({ args }: Call): string => (args[0] as string[])[6]!

const isGivenOp = ([verdict, op]: string[]): boolean =>
  verdict === 'WARM' || (verdict === 'COLD' && op !== '0')
