import { redis } from '@/app/utils/redis/client'
import { getOnecount } from './server'

/**
 * Starts the drain of this process, and finishes it when the server is asked to stop. Without Redis there is nothing to
 * drain, and Postgres is let forget in time all the same.
 */
export function startDrain(): void {
  const { stores, drain } = getOnecount()
  if (!stores.redis) {
    drain.start()
    return
  }
  let isStopping = false
  void connected(CONNECT_MS).then(() => {
    if (!isStopping) drain.start()
  })
  void warnOfEviction()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      isStopping = true
      drain.stop()
    })
  }
}

/** Longer than a server that starts is too busy to connect within the deadline of one call; milliseconds. */
const CONNECT_MS = 2000

/** Resolves when Redis is connected, and where it is not within `ms`: then the drain says so. */
async function connected(ms: number): Promise<void> {
  if (redis!.status === 'wait') redis!.connect().catch(() => {})
  if (redis!.status === 'ready') return
  await new Promise<void>(resolve => {
    redis!.once('ready', resolve)
    setTimeout(resolve, ms).unref()
  })
}

/** A Redis that evicts keys tears posts apart key by key. It is noticed and mended, but costs a hydration each time. */
async function warnOfEviction(): Promise<void> {
  await new Promise<void>(resolve => redis!.once('ready', resolve))
  const nodes = 'nodes' in redis! ? redis.nodes('master') : [redis!]
  // Some hosts do not let clients read the configuration.
  const replies = await Promise.all(nodes.map(node => node.config('GET', 'maxmemory-policy').catch(() => [])))
  for (const policy of new Set((replies as string[][]).map(reply => reply?.[1]))) {
    if (policy && policy !== 'noeviction')
      console.warn(`[onecount] Redis evicts keys (maxmemory-policy ${policy}): set it to noeviction`)
  }
}
