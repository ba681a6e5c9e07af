import { OnecountError } from '../src/core/errors'
import type { Onecount } from '../src/core/onecount'
import { isLikedOp } from '../src/core/op'
import { ask } from './ask'
import type { World } from './world'

/** Sends requests again that others have sent, whenever that was: it must be as if they had not come. */
export async function replayForever(world: World): Promise<void> {
  while (!world.isEnding) {
    for (let i = world.random.below(6); i >= 0; i--) await world.turn()
    if (world.isEnding) return
    const sent = sentOps(world)
    if (sent.length === 0) continue
    const [pair, op] = world.random.pick(sent)
    const instance = world.random.pick(world.instances.names)
    world.count('replayed')
    world.note(`${op} of ${pair} is sent again at ${instance}`)
    await replay(world, pair, op, work => world.instances.request(instance, work))
  }
}

/** At rest a replay changes nothing at all. */
export async function replayEverything(world: World, direct: Onecount): Promise<void> {
  for (const [pair, op] of sentOps(world)) {
    // One that has never arrived is a press that comes late; so is one that a rule of the application kept out.
    if (world.faults.has('op refused')) continue
    if (op > (world.truth.accepted.get(pair) ?? 0) && !world.lastWord.wasRefused(pair, op)) continue
    await replay(world, pair, op, work => work(direct))
  }
}

/** Refused ones too, where every server refuses them. */
function sentOps(world: World): [pair: string, op: number][] {
  const { lastWord, clocks } = world
  return clocks.areApart ? lastWord.sent() : [...lastWord.sent(), ...lastWord.refused()]
}

async function replay(
  world: World,
  pair: string,
  op: number,
  through: <T>(work: (onecount: Onecount) => Promise<T>) => Promise<T>,
): Promise<void> {
  const [post, session] = pair.split('|') as [string, string]
  const { accepted } = world.known(pair)
  const state = await ask(through(onecount => onecount.set(post, session, isLikedOp(op), { op })))
  if (!state || state instanceof OnecountError || state.source !== 'redis') return
  if (!world.hasLastWord || world.wasGone(post) || world.known(pair).isSplit) return
  if (state.op < accepted) world.violate(`${op} of ${pair} was sent again and revived, after ${accepted}`)
}
