import { MAX_OP_AHEAD } from '../core/op'
import { afterOp, stampOp } from './credible'
import type { LikeInput } from './registers'
import { LikesRefused, type LikesTransport, LikesUnreachable } from './transport'

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

export interface OutboxOptions {
  transport: LikesTransport
  /** For ages, milliseconds. */
  now(): number
  /** The press is kept until it is durable. */
  pressed(postId: string, op: number): void
  /** The server does not have it, and never had. */
  refused(postId: string, op: number): void
  /** The server has answered the press that was sent at `at`: before its intent goes. */
  answered(postId: string, op: number, answer: LikeInput & { op: number }, at: number): void
  /** A post's intent is gone. */
  closed(postId: string): void
  /** The intent or the refusal of a post has changed. */
  changed(postId: string): void
  /** The server is to be asked about a post. */
  reread(postId: string): void
}

interface Press {
  intent?: Intent
  refusal?: Refusal
  sending: boolean
  failures: number
  retryTimer?: ReturnType<typeof setTimeout>
  /** When it was made, milliseconds, and a time that it has to be later than, microseconds. */
  pressedAt: number
  after: number
  /** The server has refused its time once. */
  isRestamped: boolean
}

const RETRY_MS = 1000
const RETRY_MAX_MS = 15_000

/** The presses of this page, until the server has them: one request of a post at a time, the last intent wins. */
export class Outbox {
  readonly #presses = new Map<string, Press>()

  constructor(private readonly options: OutboxOptions) {}

  intent = (postId: string): Intent | undefined => this.#presses.get(postId)?.intent
  refusal = (postId: string): Refusal | undefined => this.#presses.get(postId)?.refusal

  /** Shown at once, sent as soon as nothing of this post is on its way; `after`: microseconds, what it is later than. */
  press(postId: string, liked: boolean, after: number): void {
    const { transport, pressed, now } = this.options
    const press = this.#press(postId)
    press.after = Math.max(after, afterOp(press.intent?.op ?? 0))
    press.pressedAt = now()
    press.isRestamped = false
    press.intent = { liked, op: stampOp(liked, transport.now(), press.after), phase: 'saving' }
    press.refusal = undefined
    press.failures = 0
    pressed(postId, press.intent.op)
    this.options.changed(postId)
    this.send(postId)
  }

  /** What the server has lost: shown as it was, until it is durable. */
  resend(postId: string, op: number): void {
    const press = this.#press(postId)
    if (press.intent) return
    press.intent = { liked: op % 2 === 1, op, phase: 'saving', ack: 'postgres' }
    press.pressedAt = this.options.now()
    press.failures = 0
    press.isRestamped = false
    this.options.changed(postId)
    this.send(postId)
  }

  /** Tries every unsaved press again now: the network is back, or the page is. */
  retryAll(): void {
    for (const [postId, press] of this.#presses) if (press.intent?.phase === 'retrying') this.send(postId)
  }

  /** The person has read why the last press was refused. */
  dismiss(postId: string): void {
    const press = this.#presses.get(postId)
    if (!press?.refusal) return
    press.refusal = undefined
    this.options.changed(postId)
  }

  /** A newer press of the session, made elsewhere, has won over the one that is on its way. */
  yieldTo(postId: string, op: number): void {
    const press = this.#presses.get(postId)
    if (!press?.intent || op <= press.intent.op) return
    clearTimeout(press.retryTimer)
    this.#close(postId, press)
    if (!press.sending && !press.refusal) this.#presses.delete(postId)
  }

  async send(postId: string): Promise<void> {
    const press = this.#press(postId)
    if (!press.intent || press.sending) return
    clearTimeout(press.retryTimer)
    const { op, liked, ack } = press.intent
    const at = this.options.now()
    press.sending = true
    try {
      const answer = await this.options.transport.write(postId, liked, op, { ack })
      // Registers first, then the intent goes: in between they say the same.
      this.options.answered(postId, op, answer, at)
      press.failures = 0
      if (press.intent?.op === op) this.#close(postId, press)
    } catch (error) {
      if (isAhead(error) && press.intent?.op === op && !press.isRestamped)
        await this.#restamp(postId, press, press.intent, error)
      else this.#fail(postId, press, op, error)
    }
    press.sending = false
    // A newer press waited for this one.
    if (press.intent && press.intent.op !== op) this.send(postId)
    else if (!press.intent && !press.refusal) this.#presses.delete(postId)
  }

  #press(postId: string): Press {
    const press = this.#presses.get(postId) ?? {
      sending: false,
      failures: 0,
      pressedAt: 0,
      after: 0,
      isRestamped: false,
    }
    this.#presses.set(postId, press)
    return press
  }

  /**
   * The server refused the press for its time and did not accept it, so the same press gets another op: of the moment in
   * which it was made by the server's clock, so that it does not beat what was pressed elsewhere since. Where what was
   * known of the post lies ahead of the server as well, the server says what is newest.
   */
  async #restamp(postId: string, press: Press, intent: Intent, error: LikesRefused): Promise<void> {
    const { transport, now, pressed, refused } = this.options
    const serverNow = error.now === undefined ? transport.now() : error.now * 1000
    press.isRestamped = true
    refused(postId, intent.op)
    const isKept = intent.ack !== undefined
    const isKnown = press.after <= serverNow + MAX_OP_AHEAD
    const state = isKept || !isKnown ? await this.#newest(postId) : undefined
    if (press.intent !== intent) return
    // A press of an earlier page, of which this one does not know the moment, gives way to any other.
    if (isKept && state?.op !== null) {
      this.#close(postId, press)
      this.options.reread(postId)
      return
    }
    const ahead = Math.max(afterOp(state?.op ?? 0), (state?.rev ?? 0) + 1)
    const after = isKnown && !isKept ? press.after : ahead > serverNow ? ahead : 0
    const madeAt = serverNow - (isKept ? 0 : (now() - press.pressedAt) * 1000)
    press.intent = { ...intent, op: stampOp(intent.liked, madeAt, after), phase: 'saving' }
    pressed(postId, press.intent.op)
  }

  #newest = (postId: string): Promise<LikeInput | undefined> =>
    this.options.transport.read([postId]).then(
      states => states.get(postId),
      () => undefined,
    )

  #fail(postId: string, press: Press, op: number, error: unknown): void {
    if (press.intent?.op !== op) return
    const wait = waitOf(error)
    // What is sent again, or may have arrived before, is not given up for coming too soon.
    const isRepeat = press.intent.ack || press.failures > 0
    if (error instanceof LikesRefused && !(isRepeat && wait)) {
      const { code, message, retryAfterMs } = error
      // What is sent again was not pressed now.
      if (!press.intent.ack) press.refusal = { code, message, retryAfterMs }
      this.options.refused(postId, op)
      this.#close(postId, press)
      // An earlier press may have arrived, and only its answer have been lost.
      this.options.reread(postId)
      return
    }
    press.intent = { ...press.intent, phase: 'retrying' }
    press.failures++
    // Pages that lost the same server do not come back all at once.
    const pause = Math.min(RETRY_MS * 2 ** (press.failures - 1), RETRY_MAX_MS) * (1 - Math.random() / 4)
    press.retryTimer = setTimeout(() => this.send(postId), Math.max(pause, wait))
    this.options.changed(postId)
  }

  #close(postId: string, press: Press): void {
    press.intent = undefined
    this.options.closed(postId)
    this.options.changed(postId)
  }
}

/** For how long the server has asked to wait, milliseconds; where it did so of all pages, they come back spread. */
function waitOf(error: unknown): number {
  if (error instanceof LikesUnreachable) return (error.retryAfterMs ?? 0) * (1 + Math.random() / 4)
  return error instanceof LikesRefused ? (error.retryAfterMs ?? 0) : 0
}

const isAhead = (error: unknown): error is LikesRefused =>
  error instanceof LikesRefused && error.code === 'op_ahead'
