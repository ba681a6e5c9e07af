import type { Source } from '../core/types'
import type { LikeInput } from '../react/registers'

/** What a server says of a post, as attributes of its `<one-count>`. Absent: nothing is said of it. */
export const SEED_ATTRIBUTES = ['count', 'liked', 'rev', 'op', 'source', 'session', 'private'] as const

/** The attributes of a state: `count="446" liked="false" rev="…"`. */
export function attributesOf(likes: LikeInput): Record<string, string> {
  const said: Record<string, unknown> = { ...likes, private: likes.private || undefined }
  const present = SEED_ATTRIBUTES.filter(name => said[name] !== undefined && said[name] !== null)
  return Object.fromEntries(present.map(name => [name, String(said[name])]))
}

/**
 * The state that attributes tell; undefined where they say nothing of count and heart. `liked` alone is `liked="true"`,
 * and so is `private`.
 */
export function seedOf(read: (name: string) => string | null): LikeInput | undefined {
  const number = (name: string) => {
    const text = read(name)
    return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : null
  }
  const isTrue = (name: string) => {
    const text = read(name)
    return text === null ? null : text !== 'false'
  }
  const liked = isTrue('liked')
  const count = number('count')
  if (count === null && liked === null) return undefined
  return {
    count,
    liked,
    rev: number('rev') ?? 0,
    op: number('op'),
    source: (read('source') as Source | null) ?? undefined,
    session: read('session') ?? undefined,
    private: isTrue('private') || undefined,
  }
}
