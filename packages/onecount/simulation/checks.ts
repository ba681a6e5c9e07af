import { isLikedOp } from '../src/core/op'
import type { Held } from './redis'
import { likersOf, pairOf } from './truth'
import type { World } from './world'

const likes = (op: number): number => Number(isLikedOp(op))

/**
 * Invariants 1 and 2: at the same cut Redis holds, for a partition, the values that Postgres reported plus the pending ops.
 */
export async function checkCut(world: World, partition: number): Promise<void> {
  const { redis, postgres } = world
  const held = await redis.held(partition)
  // A Postgres that went back meanwhile is given the rest again.
  if (held.isHalf || held.epoch === '' || held.cut !== postgres.receipt(partition)) return
  const isHere = (post: string) => redis.partitionOf(post) === partition && postgres.post(post)
  const seen = (pair: string) => {
    const [postId, sessionId] = pair.split('|') as [string, string]
    return postgres.seenOp({ postId, sessionId })
  }
  const unheard = await postsUnheardOf(world, held)
  for (const [pair, { op, d, epoch }] of held.pending) {
    const post = pair.split('|')[0]!
    if (epoch !== held.epoch || !isHere(post) || unheard.has(post)) continue
    if (d !== likes(op) - likes(seen(pair)))
      world.violate(`${pair}: ${op} is said to change the count by ${d}, after ${seen(pair)}`)
  }
  for (const { id } of world.posts) {
    if (!isHere(id)) continue
    await checkPost(world, id, held)
    if (unheard.has(id)) continue
    for (const session of world.sessions) await checkHeart(world, id, session, held, seen)
  }
}

/** Posts that are there again as new ones, of which Redis has not been told, or which nobody has read since. */
async function postsUnheardOf(world: World, { epoch }: Held): Promise<Set<string>> {
  const unheard = new Set<string>()
  for (const { id } of world.posts) {
    if (!world.wasBack(id)) continue
    const numbers = await world.redis.numbers(id)
    if (numbers?.epoch !== epoch || world.postgres.isToBeForgotten(id)) unheard.add(id)
  }
  return unheard
}

async function checkPost(world: World, id: string, held: Held): Promise<void> {
  const numbers = await world.redis.numbers(id)
  if (!numbers || numbers.epoch !== held.epoch) return
  const pending = [...held.pending].filter(([pair]) => pair.startsWith(`${id}|`)).map(([, of]) => of)
  const D = pending.reduce((sum, { d }) => sum + d, 0)
  const G = pending.filter(({ epoch }) => epoch !== held.epoch).length
  if (numbers.D !== D || numbers.G !== G)
    world.violate(`${id} has D ${numbers.D} and G ${numbers.G}, its pending ops sum to ${D} and ${G}`)
  const mirror = await world.redis.count(id)
  if (mirror !== null && Number(mirror) !== numbers.count)
    world.violate(`${id}: others read ${mirror}, it has ${numbers.count}`)
  if (world.postgres.isToBeForgotten(id)) return
  const L = world.postgres.seenLikes(id)
  if (numbers.count - numbers.D !== L)
    world.violate(`${id} says that Postgres has ${numbers.count - numbers.D}, which has ${L} at the cut`)
}

async function checkHeart(
  world: World,
  id: string,
  session: string,
  held: Held,
  seen: (pair: string) => number,
): Promise<void> {
  const { redis } = world
  const pair = pairOf(id, session)
  const { mark, ops } = await redis.session(redis.partitionOf(id), session)
  const own = ops.get(id)
  if (mark !== `${held.epoch}|all` && !(mark?.startsWith(`${held.epoch}|`) && own !== undefined)) return
  const pending = held.pending.get(pair)
  if (pending) {
    // The key of the session may have been lost alone, or the op has come back from recent, where its post says that it
    // lags: then the heart is that of the cut until the op is drained.
    const isLost = world.counts['redis key lost'] || (world.hasLost && world.counts['key expired'])
    if (!isLost && pending.epoch === held.epoch && Number.parseInt(own ?? '0', 10) < pending.op)
      world.violate(`${pair} is ${own}, pending ${pending.op}`)
  } else if (isLikedOp(Number.parseInt(own ?? '0', 10)) !== isLikedOp(seen(pair)))
    world.violate(`${pair} is ${own} in Redis, ${seen(pair)} at the cut`)
}

/** Once nothing is left to do: both stores say the same, and what was accepted. An op that was refused is set aside. */
export async function checkAtRest(world: World): Promise<void> {
  const { redis, postgres, truth } = world
  const ops = postgres.ops()
  const refused = postgres.refused()
  for (let i = 0; i < redis.partitions; i++) await checkCut(world, i)
  for (const { id } of world.posts) {
    if (world.isGone(id)) {
      // A Redis that came back older may hold numbers of an epoch that has ended, which no read answers.
      const numbers = await redis.numbers(id)
      if (numbers && numbers.epoch === (await redis.held(redis.partitionOf(id))).epoch)
        world.violate(`${id} is gone and shown as ${JSON.stringify(numbers)}`)
      continue
    }
    const likers = likersOf(ops, id)
    const { likes } = postgres.post(id)!
    const base = postgres.base(id)
    if (likes !== base + likers.length)
      world.violate(`${id} has ${likes} likes, ${base} + ${likers.length} rows`)
    const numbers = await redis.numbers(id)
    if (numbers?.count !== likes || numbers.G !== 0)
      world.violate(`${id}: ${JSON.stringify(numbers)} in Redis, ${likes} in Postgres`)
    // A mirror that is lost alone is written again with the next change.
    const mirror = await redis.count(id)
    if (mirror !== null && Number(mirror) !== likes)
      world.violate(`${id}: others read ${mirror}, there are ${likes}`)
    if (world.isForgotten(id)) continue
    for (const session of world.sessions) checkPair(world, pairOf(id, session), ops, refused)
  }
  if (!world.hasLastWord) return
  for (const pair of world.lastWord.broken(ops))
    if (!world.isForgotten(pair.split('|')[0]!))
      world.violate(`${pair} is not what was pressed last: ${ops.get(pair)}`)

  function checkPair(
    { faults, violate }: World,
    pair: string,
    ops: Map<string, number>,
    refused: ReadonlyMap<string, { op: number }>,
  ): void {
    const say = violate.bind(world)
    const op = ops.get(pair) ?? 0
    const held = Math.max(op, refused.get(pair)?.op ?? 0)
    const [least, durable, made] = [truth.least, truth.durable, truth.made].map(map => map.get(pair) ?? 0)
    if (held < least!) say(`${pair} lost ${least}, has ${op}`)
    if (op < durable!) say(`${pair} lost ${durable}, which was durable, has ${op}`)
    if (op > made! && !faults.has('moderation')) say(`${pair} has ${op}, no session made one above ${made}`)
  }
}
