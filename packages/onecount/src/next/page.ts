import { headers } from 'next/headers.js'
import { OnecountError } from '../core/errors'
import { idsOf } from '../core/kind-ids'
import type { Moderated } from '../core/moderation'
import { type PageLikes, readPageLikes, unknownLikes } from '../http/page-likes'
import { readSession } from '../http/session'
import { checkPerson } from '../http/visitor'
import type { SessionRequest } from './config'
import type { Parts } from './parts'
import { sessionSecret } from './secret'

/** @throws what `session` of the config throws; OnecountError `misconfigured` */
export async function getSession(parts: Parts): Promise<string | null> {
  const request = { headers: await headers() }
  return (await personOf(request, parts)) ?? anonymousOf(request, parts)
}

/** @throws OnecountError `misconfigured` */
export const getAnonymousSession = async (parts: Parts): Promise<string | null> =>
  anonymousOf({ headers: await headers() }, parts)

/** @throws OnecountError `sign_in_required`; as `getSession` and `mergeSessions` of the engine */
export async function mergeAnonymousLikes(parts: Parts): Promise<Moderated> {
  const request = { headers: await headers() }
  const person = await personOf(request, parts)
  if (person === null) throw new OnecountError('sign_in_required')
  const anonymous = anonymousOf(request, parts)
  if (anonymous === null) return { posts: 0, complete: true }
  // A kind whose actors are others than anonymous sessions has none of their likes.
  const merging = Object.values(parts.engines().kinds)
    .filter(({ kind }) => idsOf(kind).isSessionId(anonymous))
    .map(engine => engine.mergeSessions(anonymous, person))
  return joinMoved(await Promise.allSettled(merging))
}

/** One kind that fails does not hold the others; what it throws comes when they are done. */
function joinMoved(ended: PromiseSettledResult<Moderated>[]): Moderated {
  const moved = ended.map(result => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
  return {
    posts: moved.reduce((sum, { posts }) => sum + posts, 0),
    complete: moved.every(({ complete }) => complete),
  }
}

const personOf = async (request: SessionRequest, { config }: Parts): Promise<string | null> =>
  checkPerson(await config.session?.(request))

const anonymousOf = ({ headers }: SessionRequest, { config, env, shared }: Parts): string | null =>
  config.anonymous === false ? null : readSession(headers.get('cookie'), sessionSecret(env, shared))

/** The likes of this moment as a session sees them. What cannot be read is unknown, never 0. Never throws. */
export async function readLikes(
  { engine }: Parts,
  ids: readonly string[],
  { kind, sessionId }: { kind?: string; sessionId: string | null },
): Promise<Map<string, PageLikes>> {
  if (ids.length === 0) return new Map()
  try {
    return await readPageLikes(engine(kind), ids, sessionId)
  } catch (error) {
    console.error(`[onecount] counts of a page: ${error instanceof Error ? error.message : String(error)}`)
    return unknownLikes(ids)
  }
}
