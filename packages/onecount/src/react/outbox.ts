import type { LikeInput } from './registers'
import type { LikesStore } from './store'

/** What a person wants a post to be, until the server has it. */
export interface Intent {
  /** Whether it is to be liked. */
  liked: boolean
  /** Assigned once, by the press: every repeat carries the same one, unless the server has refused its time. */
  op: number
  /** On its way, or waiting for the next attempt. */
  phase: 'saving' | 'retrying'
  /** Sent again for what the server has lost: it answers once Postgres holds it. */
  ack?: 'postgres'
}

/** An intent, and what is needed to send it again. */
export interface Press extends Intent {
  /** The session that it is kept for; absent: no answer in this browser has named one. */
  session?: string
  /**
   * Who made it, as the request says. Absent in a first attempt where neither an answer nor the page has named the
   * session: it is sent in the moment of the press, with the cookies of the person who presses.
   */
  madeBy?: string
  /** When it was made, milliseconds by the store's clock, and a time that it has to be later than, microseconds. */
  at: number
  after: number
  /** How many attempts have failed; absent: none. */
  failures?: number
  /** The server has refused its time once. */
  isRestamped?: boolean
}

/** Why a press was not accepted. */
export interface Refusal {
  /** One of the API, as `post_not_found`. */
  code: string
  /** For people. */
  message: string
  /** Repeating it is of use after this time, milliseconds. */
  retryAfterMs?: number
}

/**
 * The presses of one post, until the server has them: one request at a time, the last intent wins. What it takes and
 * gives has places instead of names, as no bundler shortens the names of properties.
 *
 * @param claimed a press of an earlier page, `op`, may be sent: it was made by the session of this one
 * @param answered the server has answered the press that was sent at `at`: before its intent goes
 * @param failed judges a request that brought a refusal or no answer
 * @param changed the intent or the refusal has changed
 */
export function createOutbox(
  store: LikesStore,
  postId: string,
  claimed: (op: number) => Promise<boolean>,
  answered: (sent: Press, answer: LikeInput & { op: number }, at: number) => void,
  failed: (failed: Press, error: unknown) => Promise<void>,
  changed: () => void,
) {
  const { transport, clock } = store
  let intent: Press | undefined
  let refusal: Refusal | undefined
  let isSending = false

  function show(next?: Press, why?: Refusal): void {
    intent = next
    refusal = why
    changed()
  }

  /** Sends the intent now, as soon as nothing of this post is on its way. */
  async function send(): Promise<void> {
    if (!intent || isSending) return
    const sent = intent
    const { liked, op, ack, madeBy } = sent
    const at = clock.now()
    isSending = true
    try {
      if (!ack || store.namedAt || (await claimed(op)))
        answered(sent, await transport.write(postId, liked, op, { ack, madeBy }), at)
      // Registers first, then the intent goes: in between they say the same.
      if (intent?.op === op) show(undefined, refusal)
    } catch (error) {
      if (intent?.op === op) await failed(intent, error)
    }
    isSending = false
    // A newer press waited for this one.
    if (intent && intent.op !== op) send()
  }

  function retryIn(ms: number, press: Press): void {
    const session = press.session ?? store.session
    const failures = (press.failures ?? 0) + 1
    const next: Press = { ...press, phase: 'retrying', session, madeBy: session, failures }
    show(next, refusal)
    setTimeout(() => intent === next && send(), ms)
  }

  return [() => intent, () => refusal, show, send, retryIn] as const
}
