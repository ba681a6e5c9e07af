import type { Reply } from './ports'

/** A list of strings, as most scripts answer. */
export function strings(reply: Reply): string[] {
  if (!Array.isArray(reply))
    throw new TypeError(`Redis answered ${JSON.stringify(reply)} where a list was expected`)
  return reply as string[]
}
