import { afterOp, stampOp } from './credible'
import { background } from './later'
import type { LikeInput } from './registers'
import type { LikesStore } from './store'
import { LikesRefused } from './transport'

/** What a person wants a post to be, until the server has it. */
export interface Intent {
  liked: boolean
  /** Assigned once, by the press: every repeat carries the same one, unless the server has refused its time. */
  op: number
  phase: 'saving' | 'retrying'
  /** Sent again for what the server has lost: it answers once Postgres holds it. */
  ack?: 'postgres'
}

/** Why a press was not taken. */
export interface Refusal {
  code: string
  message: string
  retryAfterMs?: number
}

const RETRY_MS = 1000
const RETRY_MAX_MS = 15_000

/**
 * The presses of one post, until the server has them: one request at a time, the last intent wins. What it takes and
 * gives has places instead of names, as no bundler shortens the names of properties.
 *
 * @param pressed the press is kept until it is durable
 * @param refused the server does not have it, and never had
 * @param answered the server has answered the press that was sent at `at`: before its intent goes
 * @param closed the intent is gone
 * @param changed the intent or the refusal has changed
 */
export function createOutbox(
  store: LikesStore,
  postId: string,
  pressed: (op: number) => void,
  refused: (op: number) => void,
  answered: (op: number, answer: LikeInput & { op: number }, at: number) => void,
  closed: () => void,
  changed: () => void,
) {
  const { transport, clock } = store
  let intent: Intent | undefined
  let refusal: Refusal | undefined
  let isSending = false
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  /** When it was made, milliseconds, and a time that it has to be later than, microseconds. */
  let pressedAt = 0
  let after = 0
  /** The server has refused its time once. */
  let isRestamped = false

  function open(next: Intent): void {
    intent = next
    pressedAt = clock.now()
    failures = 0
    isRestamped = false
    changed()
    send()
  }

  function close(): void {
    intent = undefined
    closed()
    changed()
  }

  /** Tries an unsaved press again now. */
  async function send(): Promise<void> {
    if (!intent || isSending) return
    clearTimeout(timer)
    const { liked, op, ack } = intent
    const at = clock.now()
    isSending = true
    try {
      const answer = await transport.write(postId, liked, op, { ack })
      // Registers first, then the intent goes: in between they say the same.
      answered(op, answer, at)
      failures = 0
      if (intent?.op === op) close()
    } catch (error) {
      if (intent?.op === op) await fail(intent, error)
    }
    isSending = false
    // A newer press waited for this one.
    if (intent && intent.op !== op) send()
  }

  async function fail(failed: Intent, error: unknown): Promise<void> {
    const { op, ack } = failed
    const { code, message, retryAfterMs } = error as Refusal
    const isRefused = error instanceof LikesRefused
    const isAhead = isRefused && code === 'op_ahead' && !isRestamped
    if (isAhead && background) {
      isRestamped = true
      refused(op)
      const age = clock.now() - pressedAt
      const restamped = await background.restamp(transport, { ...failed, postId, after, age }, error)
      if (intent !== failed) return
      if (!restamped) return giveUp()
      intent = { ...failed, op: restamped, phase: 'saving' }
      return pressed(restamped)
    }
    // What is sent again, or may have arrived before, is not given up for coming too soon.
    if (isRefused && !isAhead && !((ack || failures) && retryAfterMs)) {
      // What is sent again was not pressed now.
      if (!ack) refusal = { code, message, retryAfterMs }
      refused(op)
      return giveUp()
    }
    intent = { ...failed, phase: 'retrying' }
    // Pages that lost the same server do not come back all at once.
    const pause = Math.min(RETRY_MS * 2 ** failures++, RETRY_MAX_MS) * (1 - Math.random() / 4)
    const wait = (retryAfterMs ?? 0) * (isRefused ? 1 : 1 + Math.random() / 4)
    timer = setTimeout(send, Math.max(pause, wait))
    changed()
  }

  /** An earlier press may have arrived, and only its answer have been lost: the server is asked. */
  function giveUp(): void {
    close()
    store
      .post(postId)
      .read()
      .catch(() => {})
  }

  /** Shown at once, sent as soon as nothing of this post is on its way; `than`: microseconds, what it is later than. */
  function press(liked: boolean, than: number): void {
    after = Math.max(than, afterOp(intent?.op ?? 0))
    refusal = undefined
    const op = stampOp(liked, transport.now(), after)
    pressed(op)
    open({ liked, op, phase: 'saving' })
  }

  /** What the server has lost: shown as it was, until it is durable. */
  function resend(op: number): void {
    if (!intent) open({ liked: op % 2 === 1, op, phase: 'saving', ack: 'postgres' })
  }

  /** A newer press of the session, made elsewhere, has won over the one that is on its way. */
  function yieldTo(op: number): void {
    if (!intent || op <= intent.op) return
    clearTimeout(timer)
    close()
  }

  /** The person has read why the last press was refused. */
  function dismiss(): void {
    refusal = undefined
    changed()
  }

  return [() => intent, () => refusal, press, send, resend, yieldTo, dismiss] as const
}
