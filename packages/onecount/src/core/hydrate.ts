import type { Context } from './context'
import type { Need, Told } from './group-hydrations'

/** How often a page or a press tries to make known what is cold. */
export const ROUNDS = 8

/**
 * Makes cold posts warm and a session's ops known: one indexed read of Postgres and two script calls, side by side, whatever
 * the number of likes, which all share that come in the same turn of the process. What Postgres says counts only at the
 * cut that Redis has; where that is another one, or a batch is half settled, this waits for the drain, 2 ms in round 0
 * and twice as long in each that follows.
 * @throws StoreUnavailable
 */
export async function hydrate(ctx: Context, need: Need, round: number): Promise<Told> {
  await ctx.beginning()
  const told = await ctx.hydrations(ctx, need)
  if (told.isOvertaken && round < ROUNDS - 1) await ctx.sleep(2 ** (round + 1))
  return told
}
