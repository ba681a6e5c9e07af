/** A gateway's slip must not silence a page for days, milliseconds. */
const MAX_WAIT_MS = 60 * 60_000

/** `Retry-After` in milliseconds, from seconds or a date; undefined where an answer carries none. */
export function retryAfterMs(headers: Headers, serverNow: number): number | undefined {
  const text = headers.get('retry-after')?.trim()
  if (!text) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - serverNow
  return ms > 0 ? Math.min(ms, MAX_WAIT_MS) : undefined
}

/** Until when the server wants to be left alone, as its answers say; by `performance.now()`. */
export class Pauses {
  readonly #until = { all: 0, reads: 0, background: 0 }

  /** 503 and the like hold everything back, 429 of a read all reads, and any answer what no person waits for. */
  note(ms: number, status: number, isRead: boolean): void {
    const until = performance.now() + ms
    const hold = (what: 'all' | 'reads' | 'background') => {
      this.#until[what] = Math.max(this.#until[what], until)
    }
    if (isRead || status >= 500) hold('background')
    if (status >= 500) hold('all')
    else if (status >= 400 && isRead) hold('reads')
  }

  /** Milliseconds until such a request may be sent, 0 for now. */
  left(what: 'read' | 'write' | 'background'): number {
    const { all, reads, background } = this.#until
    const until = { write: all, read: Math.max(all, reads), background: Math.max(all, reads, background) }
    return Math.max(0, until[what] - performance.now())
  }
}
