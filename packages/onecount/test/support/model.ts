import { isLikedOp, type LikeState } from 'onecount'
import type { PairWrite, WriteResult } from '../../src/core/ports'
import type { Observer } from './wire'

/**
 * What must be true: of every pair the greatest op that a store ever accepted. Where Redis lost ops that Postgres did
 * not have, the greatest one that is left is the least that must survive.
 */
export class Model {
  private readonly pairs = new Map<string, { least: number; most: number }>()

  readonly observe: Observer = (store, method, args, answer) => {
    if (store === 'redis' && (args[0] === 'write' || args[0] === 'press')) {
      const [postId, sessionId] = args[2] as [string, string]
      const parts = answer as string[]
      if (parts[0] === 'WARM' || parts[0] === 'COLD')
        this.accepted(postId, sessionId, Number(parts[parts[0] === 'COLD' ? 1 : 4]))
    }
    if (store === 'postgres' && method === 'write') {
      for (const [i, { postId, sessionId }] of (args[0] as PairWrite[]).entries()) {
        const result = (answer as WriteResult[])[i]!
        if (result.status === 'applied') this.accepted(postId, sessionId, result.state.op)
      }
    }
  }

  private accepted(postId: string, sessionId: string, op: number): void {
    const pair = this.expected(postId, sessionId)
    this.pairs.set(`${postId}|${sessionId}`, {
      least: Math.max(pair.least, op),
      most: Math.max(pair.most, op),
    })
  }

  /** Redis lost everything: only what Postgres has is certain. */
  redisLost(inPostgres: Map<string, number>): void {
    for (const [pair, ops] of this.pairs) ops.least = Math.min(ops.least, inPostgres.get(pair) ?? 0)
  }

  expected(postId: string, sessionId: string): { least: number; most: number } {
    return this.pairs.get(`${postId}|${sessionId}`) ?? { least: 0, most: 0 }
  }
}

/**
 * What the engine told a reader, for invariant 7. A count that lags may be off by each op whose pair Redis does not know,
 * and is a count all the same.
 */
export function isPossibleCount({ count, source }: LikeState, base: number, sessions: number): boolean {
  if (count === null) return true
  const off = source === 'lagging' ? sessions : 0
  return count >= Math.max(0, base - off) && count <= base + sessions + off
}

export const likedSessions = (ops: Map<string, number>, postId: string): string[] =>
  [...ops]
    .filter(([pair, op]) => pair.startsWith(`${postId}|`) && isLikedOp(op))
    .map(([pair]) => pair.slice(postId.length + 1))
    .sort()
