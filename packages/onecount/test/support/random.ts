/** Randomness that prints its seed when a test fails and replays from `ONECOUNT_SEED`. */
export interface Random {
  seed: number
  /** A whole number below `n`. */
  below(n: number): number
  pick<T>(items: readonly T[]): T
  chance(p: number): boolean
}

export const chosenSeed = (): number =>
  process.env.ONECOUNT_SEED ? Number(process.env.ONECOUNT_SEED) : Math.floor(Math.random() * 2 ** 31)

/** mulberry32 */
export function createRandom(seed: number): Random {
  let state = seed | 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const below = (n: number) => Math.floor(next() * n)
  return { seed, below, pick: items => items[below(items.length)]!, chance: p => next() < p }
}

/** Runs a test body with a seeded source of randomness. */
export async function seeded(body: (random: Random) => Promise<void>): Promise<void> {
  const random = createRandom(chosenSeed())
  try {
    await body(random)
  } catch (error) {
    if (error instanceof Error) error.message += `\nreplay with ONECOUNT_SEED=${random.seed}`
    throw error
  }
}
