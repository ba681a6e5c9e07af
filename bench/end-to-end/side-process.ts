import { openSync, writeSync } from 'node:fs'
import { likesOf } from './likes'
import { SIDES, type SideName, type Stores } from './sides'

/** Started with one of these as JSON in its arguments; ends with the process that has started it. */
export interface SideArguments extends Stores {
  side: SideName
  concurrency: number
}

/** A load to press. */
export interface Load {
  load: number
  count: number
  /** A file that gets a byte for every like that was answered, at the like's place. */
  answered?: string
}

export type Said = 'ready' | 'half' | { pressedSeconds: number; seconds: number }

const { side, concurrency, ...stores } = JSON.parse(process.argv[2]!) as SideArguments
const say = (said: Said) => process.send!(said)

const { press, settled } = await SIDES[side](stores)

async function run({ load, count, answered }: Load): Promise<void> {
  const likes = likesOf(load, count)
  // Written before anything else happens, so that it is known of a process that is killed.
  const file = answered === undefined ? null : openSync(answered, 'r+')
  let [next, done] = [0, 0]
  const began = performance.now()
  const person = async () => {
    while (next < likes.length) {
      const n = next++
      await press(likes[n]!)
      if (file !== null) writeSync(file, '1', n)
      if (++done === Math.floor(count / 2) && file !== null) say('half')
    }
  }
  await Promise.all(Array.from({ length: concurrency }, person))
  const pressedSeconds = (performance.now() - began) / 1000
  await settled()
  say({ pressedSeconds, seconds: (performance.now() - began) / 1000 })
}

process.on('message', (load: Load) => {
  run(load).catch(error => {
    console.error(error)
    process.exit(1)
  })
})
process.on('disconnect', () => process.exit())
say('ready')
