import { isLikedOp } from '../src/core/op'
import type { PairWrite, WriteResult } from '../src/core/ports'
import type { LikeState } from '../src/core/types'
import type { Call } from './network'
import { toldBy } from './script-calls'
import { pairOf } from './truth'
import type { World } from './world'

/** What could be shown of a post from a moment on. */
interface Moment {
  at: number
  least: number
  most: number
  /** By session: whether it likes the post; both while Redis has not been told what Postgres took. */
  hearts: Map<string, boolean[]>
}

/**
 * Invariants 4 and 5: a count and a heart that are shown as exact were so at a moment between the question and the answer.
 * A post has what Redis has accepted or was told, and it is open whether an op counts that Postgres took without Redis.
 */
export class Exactness {
  /** The newest op that Redis knows, by pair. */
  readonly #known = new Map<string, number>()
  /** Ops that Postgres took without Redis, by pair: it may be any of them that Redis hears of first. */
  readonly #direct = new Map<string, number[]>()
  readonly #history = new Map<string, Moment[]>()
  /** Grows with every change. */
  #now = 0

  constructor(private readonly world: World) {}

  /** The moment of a question, for `check`. */
  get now(): number {
    return this.#now
  }

  /** Told of every call that a store has done. */
  watch(call: Call, answer: unknown): void {
    if (call.name === 'settle' && (answer as string[])[0] === 'OK') {
      for (const { post, session, op, refused } of toldBy(call)) {
        const pair = pairOf(post, session)
        if (this.#known.get(pair) === refused) this.#known.set(pair, op)
        this.#learn(post, session, op)
      }
    }
    if (call.name === 'write' && call.store === 'postgres') {
      for (const [i, { postId, sessionId }] of (call.args[0] as PairWrite[]).entries()) {
        const result = (answer as WriteResult[])[i]!
        if (result.status !== 'applied') continue
        const pair = pairOf(postId, sessionId)
        this.#direct.set(pair, [...(this.#direct.get(pair) ?? []), result.state.op])
        this.#note(postId)
      }
    } else if (call.name === 'write' || call.name === 'press') {
      const [post, session] = call.args[1] as [string, string]
      const [verdict, ...rest] = answer as string[]
      if (verdict === 'WARM') this.#learn(post, session, Number(rest[3]))
      if (verdict === 'COLD') this.#learn(post, session, Number(rest[0]))
    }
  }

  /** Likes of a post were set by hand, and Redis hears of it later. */
  rebased(post: string): void {
    this.#note(post)
  }

  #learn(post: string, session: string, op: number): void {
    const pair = pairOf(post, session)
    if (op > (this.#known.get(pair) ?? 0)) this.#known.set(pair, op)
    this.#note(post)
  }

  #note(post: string): void {
    const moments = this.#history.get(post) ?? []
    this.#history.set(post, [...moments, this.#momentOf(post, ++this.#now)])
  }

  #momentOf(post: string, at: number): Moment {
    const { world } = this
    const bases = world.basesOf(post)
    const hearts = new Map(
      world.sessions.map(session => {
        const pair = pairOf(post, session)
        const known = this.#known.get(pair) ?? 0
        const direct = (this.#direct.get(pair) ?? []).filter(op => op > known)
        return [session, [...new Set([known, ...direct].map(isLikedOp))]]
      }),
    )
    const all = [...hearts.values()]
    return {
      at,
      least: Math.min(...bases) + all.filter(values => !values.includes(false)).length,
      most: Math.max(...bases) + all.filter(values => values.includes(true)).length,
      hearts,
    }
  }

  /** Looks at an answer to a question of the moment `since`. */
  check({ postId, source, count, liked }: LikeState, session: string, since: number): void {
    const { world } = this
    if (source !== 'redis' || world.hasLost || world.wasGone(postId)) return
    const moments = [this.#initial(postId), ...(this.#history.get(postId) ?? [])]
    const possible = moments.slice(moments.findLastIndex(moment => moment.at <= since))
    if (!possible.some(({ least, most }) => count! >= least && count! <= most))
      world.violate(
        `${postId} is shown with ${count} as exact, and had ${possible.map(({ least, most }) => `${least}-${most}`)}`,
      )
    if (!possible.some(({ hearts }) => hearts.get(session)!.includes(liked!)))
      world.violate(`${pairOf(postId, session)} is shown as ${liked}, and never was meanwhile`)
  }

  /** Before anybody has pressed. */
  #initial(post: string): Moment {
    const { base } = this.world.posts.find(({ id }) => id === post)!
    const hearts = new Map(this.world.sessions.map(session => [session, [false]]))
    return { at: 0, least: base, most: base, hearts }
  }
}
