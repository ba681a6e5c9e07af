import { type LikeState, nextOp, type Onecount, type WriteState } from 'onecount'
import { expect } from 'vitest'
import { isPossibleCount } from './model'
import { createRandom, type Random } from './random'
import type { PostBefore } from './stores'

const pairOf = (postId: string, sessionId: string) => `${postId}|${sessionId}`

/**
 * Sessions that press at random, each one thing after another and all at once. Knows for every pair the greatest op
 * that was acknowledged: what both stores must end with.
 */
export function createCrowd(random: Random, posts: PostBefore[], sessions: string[]) {
  const acknowledged = new Map<string, number>()
  const bases = new Map(posts.map(p => [p.id, p.base]))

  /** Invariant 7: a count is unknown or one that the post can have had. */
  function expectPossible(state: LikeState): void {
    const isPossible = isPossibleCount(state, bases.get(state.postId)!, sessions.length)
    expect({ ...state, isPossible }).toMatchObject({ isPossible: true })
  }

  let presses = 0
  function acknowledge(sessionId: string, state: WriteState): void {
    presses++
    expectPossible(state)
    const pair = pairOf(state.postId, sessionId)
    acknowledged.set(pair, Math.max(acknowledged.get(pair) ?? 0, state.op))
  }

  async function act(own: Random, instance: Onecount, sessionId: string): Promise<void> {
    const post = own.pick(posts).id
    const kind = own.below(10)
    if (kind < 3) {
      const some = posts.filter(() => own.chance(0.3)).map(p => p.id)
      for (const state of (await instance.read(some, sessionId)).values()) expectPossible(state)
    } else if (kind < 6) {
      acknowledge(sessionId, await instance.toggle(post, sessionId))
    } else {
      const previous = acknowledged.get(pairOf(post, sessionId)) ?? 0
      const liked = own.chance(0.6)
      const op = nextOp(Date.now() * 1000, previous, liked)
      const state = await instance.set(post, sessionId, liked, { op })
      expect(state).toMatchObject({ liked, op })
      acknowledge(sessionId, state)
    }
  }

  return {
    /** Every session acts `times` times, at one of the instances each time. One call at a time. */
    async press(instances: Onecount[], times: number): Promise<void> {
      await Promise.all(
        sessions.map(async sessionId => {
          const own = createRandom(random.below(2 ** 31))
          for (let i = 0; i < times; i++) await act(own, own.pick(instances), sessionId)
        }),
      )
    },

    /** How many presses were acknowledged. */
    presses: () => presses,

    /** Sessions that like the post, by their greatest acknowledged op. */
    expectedMembers: (postId: string): string[] =>
      sessions.filter(s => (acknowledged.get(pairOf(postId, s)) ?? 0) % 2 === 1).sort(),
  }
}

export type Crowd = ReturnType<typeof createCrowd>
