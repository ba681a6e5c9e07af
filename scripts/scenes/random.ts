/** A stream of numbers in [0, 1) that is the same for the same text: sixty posts are sixty pictures, every time. */
export function randomFrom(text: string) {
  let state = 2166136261
  for (const char of text) state = Math.imul(state ^ char.charCodeAt(0), 16777619)
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return {
    /** A whole number from `low` to `high`. */
    int: (low: number, high: number) => low + Math.floor(next() * (high - low + 1)),
    /** A number from `low` to `high`, to one decimal. */
    num: (low: number, high: number) => Math.round((low + next() * (high - low)) * 10) / 10,
    pick: <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)]!,
    chance: (p: number) => next() < p,
  }
}

export type Random = ReturnType<typeof randomFrom>
