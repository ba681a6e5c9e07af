import { isLikedOp } from '../src/core/op'
import type { PairOp, PairWrite, WriteResult } from '../src/core/ports'
import type { Call } from './network'
import { postsTold, shownBy } from './script-calls'

export const pairOf = (post: string, session: string) => `${post}|${session}`

/**
 * What must be true in the end, told by what the stores have accepted: of every pair the greatest op, less what a store
 * has lost since.
 */
export class Truth {
  /** The op that must survive at least, by pair. */
  readonly least = new Map<string, number>()
  /** The greatest op that a store has ever accepted, by pair. */
  readonly accepted = new Map<string, number>()
  /** The greatest op that anybody has ever made, by pair. */
  readonly made = new Map<string, number>()
  /** Greatest op that was acknowledged as durable, by pair. */
  readonly durable = new Map<string, number>()
  /** Revision and count that Redis has shown last, by post. */
  readonly shown = new Map<string, { rev: number; count: number }>()
  /** Pairs that were written to Postgres directly. */
  readonly viaPostgres = new Set<string>()
  readonly violations: string[] = []
  /** The greatest op that a store had accepted of a pair when its post came back: those until then went with the post. */
  readonly #before = new Map<string, number>()

  raise(map: Map<string, number>, pair: string, op: number): void {
    if (op > (map.get(pair) ?? 0)) map.set(pair, op)
  }

  /** Called for every call that a store has executed, also when its answer is lost. */
  executed(
    call: Call,
    answer: unknown,
    isForgotten: (post: string) => boolean,
    accepted: (pair: string, op: number) => void = () => {},
  ): void {
    if (call.store === 'redis' && (call.name === 'write' || call.name === 'press')) {
      const [post, session] = call.args[1] as [string, string]
      const parts = answer as string[]
      if (parts[0] !== 'WARM' && parts[0] !== 'COLD') return
      const op = Number(parts[parts[0] === 'COLD' ? 1 : 4])
      // A durable op was accepted before, and Redis may have lost it since.
      if (parts[5] !== '1') this.#promise(pairOf(post, session), op)
      this.raise(this.accepted, pairOf(post, session), op)
      accepted(pairOf(post, session), op)
      if (call.name === 'press') this.raise(this.made, pairOf(post, session), op)
      if (parts[0] === 'WARM') this.show(post, Number(parts[2]), Number(parts[1]))
    }
    if (call.store === 'redis' && call.name === 'read') {
      for (const { post, rev, count } of shownBy(call, answer)) this.show(post, rev, count)
    }
    this.#forget(call, answer)
    if (call.store === 'postgres' && call.name === 'dropRefused') {
      for (const { postId, sessionId, op } of call.args[0] as PairOp[])
        this.drop(pairOf(postId, sessionId), op)
    }
    if (call.store === 'postgres' && call.name === 'write') {
      for (const [i, write] of (call.args[0] as PairWrite[]).entries()) {
        const result = (answer as WriteResult[])[i]!
        if (result.status !== 'applied' || isForgotten(write.postId)) continue
        const pair = pairOf(write.postId, write.sessionId)
        this.accept(pair, Math.max(write.op ?? 0, result.state.op))
        accepted(pair, result.state.op)
        this.viaPostgres.add(pair)
        if (write.op === null) this.raise(this.made, pair, result.state.op)
      }
    }
  }

  /** A post that was removed, or whose likes were set by hand, begins anew with a revision of the reader's clock. */
  #forget(call: Call, answer: unknown): void {
    if (call.name === 'forget') this.shown.delete((call.args[1] as string[])[0]!)
    if (call.name !== 'settle' || (answer as string[])[0] !== 'OK') return
    for (const { post, likes } of postsTold(call)) if (/^([!~]|gone$)/.test(likes)) this.shown.delete(post)
  }

  /** A refused op is forgotten on purpose, with its session, and with it those of the pair that it stands for. */
  private drop(pair: string, op: number): void {
    if ((this.least.get(pair) ?? 0) <= op) this.least.delete(pair)
  }

  private accept(pair: string, op: number): void {
    this.raise(this.accepted, pair, op)
    this.#promise(pair, op)
  }

  #promise(pair: string, op: number): void {
    if (!this.isOfBefore(pair, op)) this.raise(this.least, pair, op)
  }

  /** The post of a pair is there again. */
  begin(pair: string): void {
    this.#before.set(pair, this.accepted.get(pair) ?? 0)
    this.least.delete(pair)
    this.durable.delete(pair)
  }

  /** Whether an op was accepted before the post of its pair came back. */
  isOfBefore = (pair: string, op: number): boolean => op <= (this.#before.get(pair) ?? 0)

  /** What Redis shows has a revision that grows with every change, as long as Redis has not lost anything. */
  private show(post: string, rev: number, count: number): void {
    const before = this.shown.get(post)
    if (before && (rev < before.rev || (rev === before.rev && count !== before.count)))
      this.violations.push(
        `revision went back: ${post} ${JSON.stringify(before)} -> ${JSON.stringify({ rev, count })}`,
      )
    this.shown.set(post, { rev, count })
  }

  /**
   * A store has lost something: what neither of them can still deliver may be gone.
   *
   * @param left the greatest op of every pair that one of the stores holds now
   * @returns pairs of which something was lost
   */
  lost(left: Map<string, number>): string[] {
    this.shown.clear()
    return lower(this.least, left)
  }

  /** Postgres has lost something: only what it holds is durable. */
  postgresLost(inPostgres: Map<string, number>): void {
    lower(this.durable, inPostgres)
  }
}

function lower(floor: Map<string, number>, held: Map<string, number>): string[] {
  const lowered = [...floor].filter(([pair, op]) => (held.get(pair) ?? 0) < op).map(([pair]) => pair)
  for (const pair of lowered) floor.set(pair, held.get(pair) ?? 0)
  return lowered
}

/** Sessions that like a post, by the greatest op of each. */
export const likersOf = (ops: Map<string, number>, post: string): string[] =>
  [...ops]
    .filter(([pair, op]) => pair.startsWith(`${post}|`) && isLikedOp(op))
    .map(([pair]) => pair.slice(post.length + 1))
    .sort()
