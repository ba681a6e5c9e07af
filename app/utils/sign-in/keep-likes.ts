import { createHash } from 'node:crypto'
import { onecount } from '@/app/utils/onecount'
import { cookieOf, type Head, shortCookie } from './cookies'

/** Pages of 250 that are looked through: more likes are told as "more than". */
const MOST_PAGES = 4
const PAGE = 250
/** How often the likes are moved that Postgres did not have yet, and how long it is waited in between, milliseconds. */
const TRIES = 6
const PAUSE_MS = 200
/** A person who did not want them is not asked again while they stay signed in: half a year, seconds. */
const LEFT_SECONDS = 180 * 24 * 60 * 60
/** The page after an answer reads it, and a reload of that page; seconds. */
const TOLD_SECONDS = 60
const LEFT = 'huella-left'
const TOLD = 'huella-kept'

/** What this browser liked while no person was signed in. */
export interface Waiting {
  postIds: string[]
  /** Whether there is more than `postIds` has. */
  isMore: boolean
}

/** What has become of them: new likes of the person, and those that were theirs before. */
export interface Kept {
  added: number
  had: number
  /** False: there may be some that the database did not have yet. */
  isComplete: boolean
}

/**
 * What the anonymous session of this browser likes and the signed-in person may add to their likes; null: there is
 * nothing to ask.
 * @throws StoreUnavailable, OnecountError `unavailable` when the database does not answer
 */
export async function waitingLikes(request: Head, personId: string): Promise<Waiting | null> {
  const anonymous = await onecount.getAnonymousSession()
  if (anonymous === null || cookieOf(request, LEFT) === markOf(anonymous, personId)) return null
  const waiting = await likesOf(anonymous)
  return waiting.postIds.length > 0 ? waiting : null
}

async function likesOf(sessionId: string): Promise<Waiting> {
  const postIds: string[] = []
  let after: string | null = null
  for (let page = 0; page < MOST_PAGES; page++) {
    const { likes, next } = await onecount.engine().likedBy(sessionId, { after, limit: PAGE })
    postIds.push(...likes.filter(({ liked }) => liked).map(({ postId }) => postId))
    after = next
    if (after === null) break
  }
  return { postIds, isMore: after !== null }
}

/**
 * Gives them to the person, who has said so. Sent twice it moves nothing twice: a post that both like counts once.
 * @throws StoreUnavailable, OnecountError when the database does not answer: what was moved by then is moved
 */
export async function keepLikes(personId: string): Promise<Kept> {
  const anonymous = await onecount.getAnonymousSession()
  const { postIds } = anonymous === null ? { postIds: [] } : await likesOf(anonymous)
  const before = await onecount.readLikes(postIds, personId)
  const had = postIds.filter(id => before.get(id)?.liked).length
  let moved = 0
  for (let attempt = 1; ; attempt++) {
    const { posts, complete } = await onecount.mergeAnonymousLikes()
    moved += posts
    if (complete || attempt === TRIES) return { added: Math.max(0, moved - had), had, isComplete: complete }
    await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
  }
}

/** Notes that the person leaves them where they are. */
export async function leaveLikes(request: Head, personId: string): Promise<string[]> {
  const anonymous = await onecount.getAnonymousSession()
  return anonymous === null ? [] : [shortCookie(request, LEFT, markOf(anonymous, personId), LEFT_SECONDS)]
}

/** The next sign-in asks again, and nothing of the one before is told. */
export const askAgain = (request: Head): string[] =>
  [LEFT, TOLD]
    .filter(name => cookieOf(request, name) !== undefined)
    .map(name => shortCookie(request, name, '', 0))

/** Names the two, and tells neither. */
const markOf = (anonymous: string, personId: string): string =>
  createHash('sha256').update(`${anonymous}|${personId}`).digest('base64url').slice(0, 22)

/** Carries what has become of them to the page that shows it. */
export const tell = (request: Head, { added, had, isComplete }: Kept): string =>
  shortCookie(request, TOLD, [added, had, Number(isComplete)].join('.'), TOLD_SECONDS)

export function told(request: Head): Kept | null {
  const [, added, had, isComplete] =
    /^(\d{1,7})\.(\d{1,7})\.([01])$/.exec(cookieOf(request, TOLD) ?? '') ?? []
  return added === undefined
    ? null
    : { added: Number(added), had: Number(had), isComplete: isComplete === '1' }
}
