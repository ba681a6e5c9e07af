import { type ErrorCode, OnecountError } from '../core/errors'
import { isSessionId } from '../core/ids'
import { withTimeout } from '../core/with-timeout'
import { isSecure } from './origin'
import type { ApiRequest } from './request'
import { createSessions } from './session'

/** How long the application may take to say who sends a request, milliseconds: a person waits for the heart. */
const SESSION_MS = 5000

/**
 * Asks the application who sends a request: the id of a signed-in person, or null. It has to come from what the server
 * can verify (a signed cookie, a bearer token), never from a header, query or body that a client writes as it likes,
 * and people must not be able to choose it. 1 to 128 letters, digits, `_` `-` `.` `:`; a UUID is one. An answer that
 * takes longer than 5 seconds is a failure.
 *
 * @example
 * const session: PersonOf = async () => (await auth()).userId
 */
export type PersonOf<R = Request> = (
  request: R,
) => string | null | undefined | Promise<string | null | undefined>

/** Who sends a request. */
export type Visitor =
  /** Signed in: the id is the application's own. */
  | { kind: 'person'; sessionId: string }
  /** By the signed cookie; unless `origin` is `current` the answer has to set it to `value`. */
  | { kind: 'anonymous'; sessionId: string; value: string; origin: 'current' | 'older' | 'new' }
  /** Not signed in, where only people who are may like. */
  | { kind: 'none' }

export interface VisitorOptions {
  /** Signs the cookie of anonymous sessions. Not needed where `anonymous` is false. */
  secret?: string
  session?: PersonOf
  /** Whether people who are not signed in may like; true where left out. */
  anonymous?: boolean
}

/**
 * Who sends a request. A signed-in person comes before the anonymous cookie, which is left as it is.
 * The function rejects with `unavailable` where the application cannot tell now, with `misconfigured` where what it
 * says is no id.
 */
export function createVisitors({
  secret,
  session,
  anonymous = true,
}: VisitorOptions): (request: ApiRequest) => Promise<Visitor> {
  const open = anonymous ? createSessions(secret!) : null
  return async request => {
    const sessionId = session ? await readPerson(session, request) : null
    if (sessionId !== null) return { kind: 'person', sessionId }
    if (!open) return { kind: 'none' }
    const cookies = request.headers.get('cookie')
    return { kind: 'anonymous', ...open(cookies, isSecure(request)) }
  }
}

/** What `session` may throw by itself. */
const PASSED_ON: readonly ErrorCode[] = ['invalid_token', 'misconfigured']

/**
 * The id that the application gives, checked. A failure to tell never counts as "not signed in": the like of a person
 * would be that of an anonymous session. `session` may refuse by itself what a request carries, with `invalid_token`,
 * or say with `misconfigured` which setting of its own is wrong.
 * @throws OnecountError `invalid_token`; `unavailable` when `session` fails, `misconfigured` when it answers with
 * something else than an id
 */
async function readPerson(session: PersonOf, request: ApiRequest): Promise<string | null> {
  let id: string | null | undefined
  try {
    const answer = session(request.toRequest())
    // One that is there already needs no timer.
    id = isAwaited(answer) ? await withTimeout(answer, SESSION_MS, isLate) : answer
  } catch (cause) {
    if (cause instanceof OnecountError && PASSED_ON.includes(cause.code)) throw cause
    throw new OnecountError('unavailable', { detail: 'session() failed', cause })
  }
  return checkPerson(id)
}

const isAwaited = (answer: ReturnType<PersonOf>): answer is Promise<string | null | undefined> =>
  typeof answer === 'object' && answer !== null

function isLate(): never {
  throw new Error(`it did not answer within ${SESSION_MS / 1000} s`)
}

/** @throws OnecountError `misconfigured`; the id itself is not repeated, as it may be an address of a person */
export function checkPerson(id: string | null | undefined): string | null {
  if (id === null || id === undefined) return null
  if (isSessionId(id)) return id
  throw new OnecountError('misconfigured', {
    field: 'session',
    detail:
      'session() answered with something that is no id: return 1 to 128 letters, digits, _ - . : or null',
  })
}
