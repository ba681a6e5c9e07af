import { OnecountError } from '../src/core/errors'
import { ask } from './ask'
import { pairOf } from './truth'
import type { World } from './world'

/** A moderator removes the likes of sessions, merges sessions, and removes posts. */
export async function moderate(world: World): Promise<void> {
  while (!world.isEnding) {
    for (let i = world.random.below(12); i >= 0; i--) await world.turn()
    if (world.isEnding) return
    const instance = world.random.pick(world.instances.names)
    const [from, to] = [world.random.pick(world.sessions), world.random.pick(world.sessions)]
    const act = world.random.below(4)
    world.note(`moderation ${act} of ${from} ${to} at ${instance}`)
    if (act === 0 && world.faults.has('post removed')) await removeLast(world, instance)
    else if (world.faults.has('moderation'))
      await (act < 3 ? removeSession(world, instance, from) : mergeSessions(world, instance, from, to))
    else if (act === 1)
      await ask(world.instances.request(instance, o => o.rehydrate(world.random.pick(world.posts).id)))
  }
}

/** An application inserts posts again that were deleted: they are as new ones to everyone who looks. */
export async function bringBack(world: World): Promise<void> {
  while (!world.isEnding) {
    for (let i = world.random.below(30); i >= 0; i--) await world.turn()
    const gone = world.posts.filter(({ id }) => world.isGone(id))
    if (world.isEnding || gone.length === 0 || world.outages.isDown('postgres')) continue
    const { id } = world.random.pick(gone)
    world.count('post comes back')
    world.note(`${id} comes back`)
    world.bringBack(id)
  }
}

/** What a session does not like any more when it is told so, whatever the clocks are. */
async function removeSession(world: World, instance: string, session: string): Promise<void> {
  const pairs = world.posts.map(post => pairOf(post.id, session))
  const presses = pairs.map(pair => world.lastWord.begin(pair, false, undefined, world.known(pair)))
  const done = await ask(world.instances.request(instance, onecount => onecount.removeSession(session)))
  const isDone = done && !(done instanceof OnecountError) && done.complete
  for (const press of presses) {
    // Pairs that the session did not like are left as they are.
    if (isDone) world.lastWord.acknowledge(press)
    else world.lastWord.giveUp(press)
  }
}

/** Which of the likes arrive depends on whether the target session has a newer op. */
async function mergeSessions(world: World, instance: string, from: string, to: string): Promise<void> {
  const pairs = world.posts.flatMap(post => [pairOf(post.id, from), pairOf(post.id, to)])
  const presses = pairs.map(pair => world.lastWord.begin(pair, false, undefined, world.known(pair)))
  for (const press of presses) press.isLast = false
  const done = await ask(
    world.instances.request(instance, o => o.mergeSessions(from, to) as Promise<unknown>),
  )
  for (const press of presses) world.lastWord[done ? 'acknowledge' : 'giveUp'](press)
}

/** While others are about to hydrate it, or while Redis cannot be told, where the seed has that. */
async function removeLast(world: World, instance: string): Promise<void> {
  const { id } = world.posts.at(-1)!
  const patience = world.random.chance(0.5) ? 40 : 0
  for (let i = 0; i < patience && !world.outages.isBetween({ store: 'redis', instance }); i++)
    await world.turn()
  if (world.faults.has('redis key lost')) {
    await world.atOnce(() => world.redis.lose(world.redis.numbersOf(id)))
    world.hasLost = true
    world.truth.shown.delete(id)
  }
  for (let i = world.random.below(4); i >= 0; i--) await world.turn()
  await ask(world.instances.request(instance, onecount => onecount.removePost(id)))
}
