import type { Call } from './network'
import { pairOf } from './truth'
import type { World } from './world'

/** A program of the operator: it works in both stores by hand, and the engine is not asked. */
export async function standBy(world: World): Promise<void> {
  const { random } = world
  while (!world.isEnding) {
    for (let i = random.below(20); i >= 0; i--) await world.turn()
    if (world.isEnding) return
    const { id } = random.pick(world.posts)
    const act = random.below(10)
    world.count('bystanders')
    world.note(`a bystander does ${act} to ${id}`)
    if (act === 0) await world.atOnce(() => world.redis.lose(world.redis.keysOf(id).rank))
    else if (world.outages.isDown('postgres') || world.isGone(id)) continue
    // What was set and is lost again before the next batch Redis does not hear of: the cut is the same.
    else if (act < 3 && !world.faults.has('postgres rolled back')) world.setLikes(id, 20 + random.below(500))
    else if (act < 6) await world.atOnce(() => rate(world, id, random.pick(world.sessions)))
    else if (act === 9 && random.chance(0.2)) world.deletePost(id)
  }
}

/** A row of post_ratings comes or goes: an op of that moment. */
async function rate(world: World, postId: string, sessionId: string): Promise<void> {
  const writes = [{ postId, sessionId, op: null, liked: world.random.chance(0.5) }]
  world.lastWord.void(pairOf(postId, sessionId))
  const call = { store: 'postgres', name: 'write', args: [writes] } as unknown as Call
  world.done(call, await world.postgres.port.write(writes, world.now * 1000))
}
