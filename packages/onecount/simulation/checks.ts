import { isLikedOp } from '../src/core/op'
import type { SimulatedRedis } from './redis'
import { likersOf, pairOf } from './truth'
import type { World } from './world'

/**
 * A post that was just hydrated shows what Postgres had accepted and Redis has not seen.
 * @param args of `install`
 */
export async function checkInstalled(world: World, args: (string | number)[]): Promise<void> {
  const post = String(args[0])
  await checkReceipt(world, post, String(args[8]))
  const [staged, inline] = [Number(args[6]), Number(args[7])]
  const rated = new Map<string, number>()
  for (let i = 9; i < 9 + 2 * inline; i += 2) rated.set(String(args[i]), Number(args[i + 1]))
  const unseen = args.slice(9 + 2 * inline)
  // What Postgres has lost is given to it again, and every post is hydrated anew: until then anything goes.
  if (unseen.length === 0 || staged > 0 || world.counts['postgres rolled back']) return
  const redis = world.redis as SimulatedRedis
  const ops = await redis.ops(undefined, { withRefused: false })
  const durable = world.postgres.ops()
  const members = await redis.members(post)
  for (let i = 0; i < unseen.length; i += 2) {
    const session = String(unseen[i])
    const pair = pairOf(post, session)
    const op = Math.max(Number(unseen[i + 1]), rated.get(session) ?? 0, ops.get(pair) ?? 0)
    // Overtaken since: the drain will bring the newer one.
    if ((durable.get(pair) ?? 0) > op) continue
    if (members.includes(session) !== isLikedOp(op))
      world.violate(`${post} was hydrated and does not show ${op} of ${session}, which Redis had not seen`)
  }
}

/** What is installed was read of a Postgres whose last batch this Redis knows, or has left behind. */
async function checkReceipt(world: World, post: string, receipt: string): Promise<void> {
  const { confirmed, outstanding } = await (world.redis as SimulatedRedis).nonces()
  if (confirmed === '' || receipt === confirmed || outstanding.includes(receipt)) return
  if (handedOutAt(receipt) > handedOutAt(confirmed))
    world.violate(`${post} was installed as of ${receipt}, which Redis does not know`)
}

/** By the clock of Redis, microseconds; 0: by nobody. */
function handedOutAt(nonce: string): number {
  const [, seconds, micros] = /\.(\d+)\.(\d+)$/.exec(nonce) ?? []
  return seconds === undefined ? 0 : Number(seconds) * 1_000_000 + Number(micros)
}

/** Invariants 1, 2, 4, 5 and 8 of docs/design.md, once nothing is left to do; an op that was refused is set aside. */
export async function checkAtRest(world: World): Promise<void> {
  const { postgres, truth } = world
  const redis = world.redis as SimulatedRedis
  const ops = postgres.ops()
  const refused = postgres.refused()
  for (const { id, base } of world.posts) {
    const count = await redis.count(id)
    const members = await redis.members(id)
    if (world.isGone(id)) {
      if (count !== null || members.length > 0 || (await redis.ranked(id)) !== null)
        world.violate(`${id} is gone and has keys`)
      continue
    }
    const likers = likersOf(ops, id)
    const { likes } = postgres.post(id)!
    if (likes !== base + likers.length)
      world.violate(`${id} has ${likes} likes, ${base} + ${likers.length} rows`)
    if (Number(count) !== likes) world.violate(`${id}: ${count} in Redis, ${likes} in Postgres`)
    if (members.join() !== likers.join()) world.violate(`${id}: ${members} in Redis, ${likers} in Postgres`)
    if (world.wasGone(id)) continue
    for (const session of world.sessions) {
      const pair = `${id}|${session}`
      const op = ops.get(pair) ?? 0
      const held = Math.max(op, refused.get(pair)?.op ?? 0)
      if (held < (truth.least.get(pair) ?? 0))
        world.violate(`${pair} lost ${truth.least.get(pair)}, has ${op}`)
      if (op < (truth.durable.get(pair) ?? 0))
        world.violate(`${pair} lost ${truth.durable.get(pair)}, which was durable, has ${op}`)
      const made = truth.made.get(pair) ?? 0
      if (op > made && !world.faults.has('moderation'))
        world.violate(`${pair} has ${op}, nobody made more than ${made}`)
    }
  }
  if (world.hasLastWord)
    for (const pair of world.lastWord.broken(ops))
      if (!world.wasGone(pair.split('|')[0]!))
        world.violate(`${pair} is not what was pressed last: ${ops.get(pair)}`)
}
