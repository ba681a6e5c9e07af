import { opTime } from '../src/core/op'
import type { Call } from './network'

/** Where `settle` is told how many posts follow. */
const POSTS_AT = 14

/** What a call of `settle` has told Redis. */
export interface Told {
  post: string
  session: string
  /** Op that Postgres holds. */
  op: number
  /** Op that it refused. */
  refused: number | null
  /** Likes of the post: a number, `!<likes>`, 'gone' or '?'. */
  likes: string
}

export function toldBy({ args }: Call): Told[] {
  const values = (args[1] as unknown[]).map(String)
  const posts = Number(values[POSTS_AT])
  const likesOf = (index: string) => values[POSTS_AT + 2 * Number(index)]!
  const told: Told[] = []
  let i = POSTS_AT + 3 + 2 * posts
  for (let left = Number(values[i - 1]); left > 0; left--, i += 3) {
    const [index, , member] = values.slice(i, i + 3) as [string, string, string]
    const [post, session, op] = member.split('|') as [string, string, string]
    told.push({ post, session, op: Number(op), refused: null, likes: likesOf(index) })
  }
  for (; i < values.length; i += 7) {
    const [index, , , post, session, op, refused] = values.slice(i, i + 7) as [string, ...string[]]
    told.push({
      post: post!,
      session: session!,
      op: Number(op),
      refused: refused === '' ? null : Number(refused),
      likes: likesOf(index),
    })
  }
  return told
}

/** What a call of `settle` has told of posts, as `Told`. */
export function postsTold({ args }: Call): Pick<Told, 'post' | 'likes'>[] {
  const values = (args[1] as unknown[]).map(String)
  return Array.from({ length: Number(values[POSTS_AT]) }, (_, i) => ({
    post: values[POSTS_AT + 1 + 2 * i]!,
    likes: values[POSTS_AT + 2 + 2 * i]!,
  }))
}

/** Which pairs of which batch a call of `settle` is about: those before `to` that no slice has had. */
export function sliceOf({ args }: Call): { nonce: string; to: number; isLast: boolean } {
  const values = (args[1] as unknown[]).map(String)
  const [, to, final] = /^\d+-(\d+)(!?)$/.exec(values[10]!)!
  return { nonce: values[0]!, to: Number(to), isLast: final === '!' }
}

/** Whether a slice is the last one of its batch. */
export const isLastSlice = (call: Call): boolean => sliceOf(call).isLast

/** The latest of the clocks that the drainer knew of, milliseconds. */
export const latestOf = ({ args }: Call): number => opTime(Number((args[1] as unknown[])[3])) / 1000

export interface Shown {
  post: string
  rev: number
  count: number
}

/** What a call of `read` has shown of warm posts. */
export function shownBy({ args }: Call, answer: unknown): Shown[] {
  const [keys] = args as [string[]]
  const ids = keys.slice(2).map(key => key.replace(/^.*post:meta:/, ''))
  const [epoch, ...numbers] = (answer as string).split(';')
  return ids.flatMap((post, i) => {
    const [count, rev, , , of] = numbers[i]!.split('|')
    return epoch !== '' && of === epoch ? [{ post, rev: Number(rev), count: Number(count) }] : []
  })
}
