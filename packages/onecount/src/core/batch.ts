import type { HandedOut } from './settlement'

/** The batch in flight, as Redis handed it out. */
export interface Batch {
  /** The cut of Redis when it was handed out. */
  parent: string
  nonce: string
  entries: HandedOut[]
  /** Whether the queue may hold more. */
  isFull: boolean
  /** Where the next batch begins. */
  last: string
  /** When it was handed out or asked for, microseconds. */
  began: number
}

/** `batch` is what `hand_out` of the scripts answers. */
export function toBatch(parent: string, batch: string[], began: number): Batch {
  const [nonce, after, last, ...members] = batch as [string, string, string, ...string[]]
  // A batch that is cut may hold only some of a post's ops, and then Postgres will hold a count that no reader was ever
  // shown: it must not carry the revision of the whole. The post of either end may be cut, wherever there is one.
  const cut = new Set([after, last].filter(end => end !== '').map(end => end.split('|')[0]))
  const entries = members.map(member => {
    const [postId, sessionId, op, rev] = member.split('|') as [string, string, string, string]
    return { postId, sessionId, op: Number(op), rev: cut.has(postId) ? 0 : Number(rev), member }
  })
  return { parent, nonce, entries, isFull: last !== '', last, began }
}

/** When Redis made the nonce, microseconds of its own clock. */
export function handedOutAt(nonce: string): number {
  const [seconds, micros] = nonce.split('.').slice(-2).map(Number) as [number, number]
  return seconds * 1_000_000 + micros
}
