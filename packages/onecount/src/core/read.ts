import type { Context } from './context'
import { StoreUnavailable } from './errors'
import { hydrate, ROUNDS } from './hydrate'
import { isLikedOp } from './op'
import type { PostgresState } from './ports'
import type { Page } from './scripts'
import type { LikeState } from './types'

/**
 * States of a page of posts for one session, exact as long as Redis answers. Posts that do not exist are absent. A count
 * that cannot be known right now is `null`, never 0. In the order that was asked. One round trip when all is warm; three
 * more for all that is cold together. Never throws.
 */
export async function read(
  ctx: Context,
  postIds: string[],
  sessionId: string | null,
): Promise<Map<string, LikeState>> {
  /** The best that is known of each. */
  const states = new Map<string, LikeState>()
  if (postIds.length === 0) return states
  let left = postIds
  /** What the session has pressed and Postgres may not have. */
  const pressed = new Map<string, number>()
  try {
    if (!ctx.redis) throw new StoreUnavailable('redis', 'not configured')
    const held = new Set<string>()
    for (let round = 0; round < ROUNDS && left.length > held.size; round++) {
      const pairs: string[] = []
      const cold: string[] = []
      const unsettled: string[] = []
      const page = await ctx.redis.read(left, sessionId)
      forEachState(page, left, sessionId, ctx.kind.isPrivate, (state, isCold, isPairKnown) => {
        const { postId, op, durable } = state
        states.set(postId, isCold ? unknown(postId) : state)
        if (!isCold && isPairKnown) return
        unsettled.push(postId)
        if (isCold) cold.push(postId)
        if (!isPairKnown) pairs.push(postId)
        if (durable === false) pressed.set(postId, op!)
      })
      left = unsettled
      if (left.length === 0 || round === ROUNDS - 1) break
      const need = { postIds: cold, sessionId: pairs.length > 0 ? sessionId : null, pairs }
      const done = await hydrate(ctx, need, round)
      for (const postId of done.gone) states.delete(postId)
      left = left.filter(postId => states.has(postId))
      for (const postId of done.isSessionHeld ? left : done.held) held.add(postId)
    }
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    // Redis answers and Postgres does not: plain likes would leave out what is pending.
    if (error.store === 'postgres') return states
  }
  if (left.length === 0) return states
  const peeked = await ctx.postgres.peek(left, sessionId).catch(() => null)
  const plain = new Map(peeked?.map(state => [state.postId, fromPostgres(state)]))
  for (const postId of left) {
    const state = plain.get(postId)
    if (state)
      states.set(
        postId,
        sessionId === null ? { ...state, liked: null } : withPress(state, pressed.get(postId) ?? 0),
      )
    else if (peeked) states.delete(postId)
    else if (!states.has(postId)) states.set(postId, unknown(postId))
  }
  return states
}

/** Calls `each` with what a page says of a post: without a count where it is cold, without a heart where its pair is not known. */
function forEachState(
  { epoch, numbers: held, mark, ops }: Page,
  postIds: string[],
  sessionId: string | null,
  isPrivate: boolean,
  each: (state: LikeState, isCold: boolean, isPairKnown: boolean) => void,
): void {
  const ofEpoch = `|${epoch}`
  const extent = sessionId === null ? 'all' : extentOf(mark, epoch)
  for (const [i, postId] of postIds.entries()) {
    const numbers = epoch === '' ? null : parseNumbers(held[i]!, ofEpoch)
    const op = sessionId === null ? '' : ops[i]!
    const isPairKnown = extent === 'all' || (extent !== null && op !== '')
    const isPending = op.endsWith('p')
    // What the session has pressed last is the best that is known of a pair that is not.
    const newest = !isPairKnown && !isPending ? null : op === '' ? 0 : Number.parseInt(op, 10)
    const liked = newest === null || sessionId === null ? null : isLikedOp(newest)
    // Which ops are guesses depends on what others press; of a private kind the pair alone is shown.
    const isExact = (isPrivate || numbers?.guesses === 0) && isPairKnown
    const state: LikeState = {
      postId,
      // A guess may be wrong by one for each op.
      count:
        numbers && (numbers.guesses === 0 ? numbers.count : Math.max(numbers.count, Number(liked ?? false))),
      liked,
      rev: numbers?.rev ?? 0,
      op: newest || null,
      durable: newest ? !isPending : null,
      source: !numbers ? 'unknown' : isExact ? 'redis' : 'lagging',
    }
    each(state, !numbers, isPairKnown)
  }
}

/** How much is known of a session whose mark is `<epoch>|<extent>`: 'all' its posts, 'some' or 'cut': those it has; `null`: none. */
const extentOf = (mark: string, epoch: string): string | null =>
  epoch !== '' && mark.startsWith(`${epoch}|`) ? mark.slice(epoch.length + 1) : null

/** The numbers of a post, `count|rev|D|G|epoch`; `null` where those are of another epoch, or there are none. */
function parseNumbers(numbers: string, ofEpoch: string) {
  if (!numbers.endsWith(ofEpoch)) return null
  const revAt = numbers.indexOf('|') + 1
  const sumAt = numbers.indexOf('|', revAt) + 1
  const guessesAt = numbers.indexOf('|', sumAt) + 1
  return {
    count: Number(numbers.slice(0, revAt - 1)),
    rev: Number(numbers.slice(revAt, sumAt - 1)),
    guesses: Number(numbers.slice(guessesAt, -ofEpoch.length)),
  }
}

/** What is said of a post when no store can tell. */
export const unknown = (postId: string): LikeState => ({
  postId,
  count: null,
  liked: null,
  rev: 0,
  op: null,
  durable: null,
  source: 'unknown',
})

/** Postgres does not know what Redis alone has accepted. */
export const fromPostgres = (state: PostgresState): LikeState => ({
  ...state,
  op: state.op || null,
  durable: state.op > 0 ? true : null,
  source: 'postgres',
})

/** A state that may have been read where an op of its session is not known: with it, unless it is older. */
export function withPress(state: LikeState, op: number): LikeState {
  if (op <= (state.op ?? 0)) return state
  const liked = isLikedOp(op)
  const change = Number(liked) - Number(state.liked ?? liked)
  const count = state.count === null ? null : Math.max(state.count + change, Number(liked))
  return { ...state, count, liked, op, durable: false }
}
