import { awakeNow } from '@onecount/dev-stack/awake'
import { QueryClient } from '@tanstack/react-query'
import { type LikeInput, LikesStore, type LikesTransport, LikesUnreachable } from 'onecount/react'

/** What a person is promised: by Redis, by Postgres, or by Redis and a browser that keeps every press. */
export const PROMISES = ['redis', 'postgres', 'browser'] as const
export type Promised = (typeof PROMISES)[number]

type Answer = LikeInput & { op: number; postId: string }

/** Longer than the server may take: what comes later than this was never answered. */
const PATIENCE_MS = 8000
const PAUSE_MS = 20
/** A press that is not accepted for so long is a hang, whatever was broken meanwhile. */
const ACCEPTED_MS = 60_000

export interface PersonOptions {
  /** Where the server is, as `http://127.0.0.1:3000`. */
  url: string
  posts: readonly string[]
  promised: Promised
  /** Every request that was answered, by whatever it was answered; milliseconds. */
  onAnswer(ms: number): void
}

/** One anonymous person: presses hearts at random, one at a time, and repeats a press until it is accepted. */
export class Person {
  #cookie = ''
  #lastOp = 0
  readonly #store: LikesStore<QueryClient> | null
  readonly #stop: (() => void) | undefined
  /** What this person was told is so: the op by post. */
  readonly acknowledged = new Map<string, number>()
  presses = 0

  constructor(private readonly options: PersonOptions) {
    this.#store = options.promised === 'browser' ? new LikesStore(new QueryClient(), this.#transport()) : null
    this.#stop = this.#store?.start()
  }

  get promised(): Promised {
    return this.options.promised
  }

  /** The id that the server gave this person. */
  get sessionId(): string {
    return this.#cookie.split('=')[1]!.split('.')[0]!
  }

  async arrive(): Promise<void> {
    const response = await fetch(`${this.options.url}/api/likes?ids=${this.options.posts[0]}`)
    this.#cookie = response.headers.getSetCookie()[0]!.split(';')[0]!
  }

  /** Presses until `signal` is aborted; what was begun is ended. @throws when a press is never accepted */
  async pressOn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const postId = this.options.posts[Math.floor(Math.random() * this.options.posts.length)]!
      const liked = (this.acknowledged.get(postId) ?? 0) % 2 === 0
      const op = this.#store ? await this.#pressInStore(postId, liked) : await this.#press(postId, liked)
      this.acknowledged.set(postId, op)
      this.presses++
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS * Math.random()))
    }
  }

  /** Sends unsent presses at once, and asks about those not known to be durable. True: every press is durable. */
  settle(): boolean {
    this.#store?.retryAll()
    this.#store?.caretaker?.keeper.askNow()
    return !this.options.posts.some(postId => this.#store?.post(postId).keptOp())
  }

  /** What this person is told of every post. */
  read(): Promise<Map<string, LikeInput>> {
    return this.#transport().read([...this.options.posts])
  }

  leave(): void {
    this.#stop?.()
    this.#store?.queryClient.clear()
  }

  async #press(postId: string, liked: boolean): Promise<number> {
    const t = Math.max(Date.now() * 1000, Math.floor(this.#lastOp / 2) + 1)
    const op = 2 * t + Number(liked)
    this.#lastOp = op
    const ack = this.promised === 'postgres' ? 'postgres' : undefined
    for (const end = Date.now() + ACCEPTED_MS; Date.now() < end; ) {
      const answer = await this.#send(postId, liked, op, ack).catch(() => null)
      if (answer) return op
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
    }
    throw new Error(`a press was not accepted within ${ACCEPTED_MS} ms`)
  }

  async #pressInStore(postId: string, liked: boolean): Promise<number> {
    const store = this.#store!
    store.post(postId).set(liked)
    const op = store.post(postId).intent()!.op
    const end = Date.now() + ACCEPTED_MS
    while (store.post(postId).intent()) {
      if (Date.now() > end) throw new Error(`a press was not accepted within ${ACCEPTED_MS} ms`)
      await new Promise<void>(resolve => {
        const stop = store.post(postId).subscribe(done)
        const timer = setTimeout(() => {
          store.retryAll()
          done()
        }, 100)
        function done() {
          clearTimeout(timer)
          stop()
          resolve()
        }
      })
    }
    return op
  }

  async #send(postId: string, liked: boolean, op: number, ack?: 'postgres'): Promise<Answer> {
    const body = JSON.stringify({ op, ack })
    return this.#request(`/${postId}`, { method: liked ? 'PUT' : 'DELETE', body })
  }

  async #request<T>(path: string, init: RequestInit = {}): Promise<T> {
    const started = awakeNow()
    try {
      const response = await fetch(`${this.options.url}/api/likes${path}`, {
        ...init,
        headers: { cookie: this.#cookie, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(PATIENCE_MS),
      })
      const answer = (await response.json()) as T
      this.options.onAnswer(awakeNow() - started)
      if (!response.ok) throw new Error(`${response.status}`)
      return answer
    } catch (cause) {
      if (cause instanceof Error && cause.name === 'TimeoutError') this.options.onAnswer(awakeNow() - started)
      throw new LikesUnreachable('no answer', { cause })
    }
  }

  #transport(): LikesTransport {
    return {
      read: async postIds => {
        const path = `?ids=${postIds.join(',')}`
        const { likes } = await this.#request<{ likes: Record<string, LikeInput> }>(path)
        return new Map(Object.entries(likes))
      },
      write: (postId, liked, op, { ack } = {}) => this.#send(postId, liked, op, ack),
      now: () => Date.now() * 1000,
    }
  }
}
