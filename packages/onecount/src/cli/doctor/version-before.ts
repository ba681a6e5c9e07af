import type { Redis } from 'ioredis'
import { createKeys, tagOf } from '../../core/keys'
import { attempt, type Finding, fail, ok, warn } from './check'

const NAME = 'version before'
const STOP = 'stop every process of the version before'

/**
 * The queue of the version before. Where its name holds a string, processes of that version are kept out, and serve from
 * Postgres; what it had pending is adopted with the first batch, but not into several partitions.
 */
export const checkBefore = (redis: Redis, partitions = 1): Promise<Finding> =>
  attempt(
    NAME,
    () => 'see that Redis answers, and that this user may call TYPE, ZCARD and EXISTS',
    async () => {
      const { before, beforeRest } = createKeys()
      const kind = await redis.type(before)
      if (kind === 'zset') return queueOf(await redis.zcard(before), partitions)
      if ((await redis.exists(beforeRest)) > 0)
        return warn(
          NAME,
          `${beforeRest} is still being adopted`,
          'see that an application or npx onecount worker runs, and that Postgres answers',
        )
      if (kind === 'string') return ok(NAME, 'kept out')
      // With several partitions nothing of that version was adopted, and nothing keeps it out.
      const begun = await redis.exists(...range(partitions).map(p => createKeys(tagOf(p, partitions)).q))
      return begun > 0 && partitions === 1
        ? warn(
            NAME,
            `nothing at ${before} keeps it out`,
            `if one may still run: SET ${before} 'onecount keeps what is pending in ${createKeys().q}'`,
          )
        : ok(NAME, 'has left nothing')
    },
  )

const range = (n: number) => Array.from({ length: n }, (_, i) => i)

function queueOf(length: number, partitions: number): Finding {
  const found = `its queue is there, with ${length} entries`
  return partitions === 1
    ? warn(NAME, found, `${STOP}; the first batch of this version adopts what is pending`)
    : fail(
        NAME,
        `${found}, which several partitions do not adopt`,
        `${STOP}, and run npx onecount worker --once with one partition before`,
      )
}
