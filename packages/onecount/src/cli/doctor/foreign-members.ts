import { createKeys, tagOf } from '../../core/keys'
import { DEFAULT_KIND } from '../../core/kind'
import type { RedisStore } from '../open-redis'
import type { StoreSettings } from '../settings'
import { attempt, type Finding, ok, warn } from './check'

const NAME = 'foreign members'
const FROM = '[!foreign|'
const TO = '(!foreign}'

/** What the drain has set aside in each queue, as it is no like. Nothing where there is none. */
export async function checkForeign(
  { client, cluster }: RedisStore,
  { kind = DEFAULT_KIND, partitions = 1 }: StoreSettings,
): Promise<Finding[]> {
  const queues = Array.from(
    { length: partitions },
    (_, partition) => createKeys(tagOf(partition, partitions, !!cluster), kind.keyPrefix).q,
  )
  const findings: Finding[] = []
  for (const queue of queues)
    findings.push(
      await attempt(
        NAME,
        () => 'see that Redis answers, and that this user may call ZLEXCOUNT and ZRANGEBYLEX',
        async () => {
          const count = await client.zlexcount(queue, FROM, TO)
          if (count === 0) return ok(NAME, 'none')
          const [first = ''] = await client.zrangebylex(queue, FROM, TO, 'LIMIT', 0, 1)
          return warn(
            NAME,
            `${count} in ${queue} are no likes: ${JSON.stringify(first.slice(FROM.length - 1)).slice(0, 80)}`,
            `stop the program that writes to ${queue}; then ZREMRANGEBYLEX ${queue} '${FROM}' '${TO}'`,
          )
        },
      ),
    )
  return findings.filter(({ verdict }) => verdict !== 'ok')
}
