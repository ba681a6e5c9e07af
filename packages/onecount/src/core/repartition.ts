import { StoreRefused } from './errors'
import { createKeys, tagOf } from './keys'
import { isLikedOp } from './op'
import type { PairOp, PostgresPort, RedisPort } from './ports'
import { createScripts, type Scripts } from './scripts'

/** Ops that are moved in one call. */
const PAGE = 500

export interface Repartition {
  redis: RedisPort
  postgres: PostgresPort
  from: number
  to: number
  /** Microseconds. */
  now(): number
  /** Called after every page of pending ops. */
  onMoved?(ops: number): void
}

/**
 * Changes how many partitions there are, while people like. From the moment that its partition is closed Postgres serves a
 * process of the former number; what was pending there goes to Postgres, which tells the new partitions. Processes that
 * are started with the new number use Redis as soon as this is done. Can be repeated, also after it was interrupted.
 * @throws StoreUnavailable; StoreRefused when Postgres refuses an op that is pending: retry or remove it first
 */
export async function repartition(options: Repartition): Promise<{ moved: number }> {
  const { redis, postgres, from, to, onMoved } = options
  if (from === to) return { moved: 0 }
  let moved = 0
  const scriptsOf = (partition: number, partitions: number): Scripts =>
    createScripts(redis, createKeys(tagOf(partition, partitions, redis.isCluster), postgres.kind?.keyPrefix))
  for (const close of queuesOf(from, scriptsOf)) {
    let done: string[] = []
    for (;;) {
      const members = await close(PAGE, done)
      if (members.length === 0) break
      await hand(postgres, members.map(toOp), options.now())
      done = members
      moved += members.length
      onMoved?.(members.length)
    }
  }
  for (let partition = 0; partition < to; partition++) await scriptsOf(partition, to).reopen()
  await postgres.setPartitions(to)
  return { moved }
}

/** Closes every queue that processes of a number of partitions have, page by page: also that of the version before. */
function queuesOf(
  partitions: number,
  scriptsOf: (partition: number, partitions: number) => Scripts,
): Scripts['close'][] {
  const all = Array.from({ length: partitions }, (_, partition) => scriptsOf(partition, partitions))
  const current = all.map(({ close }) => close)
  return partitions === 1 ? [...current, all[0]!.closeBefore] : current
}

/** Gives ops that were accepted to Postgres, which knows of no batch that they came with. */
async function hand(postgres: PostgresPort, ops: PairOp[], now: number): Promise<void> {
  const results = await postgres.write(
    ops.map(op => ({ ...op, liked: isLikedOp(op.op) })),
    now,
  )
  for (const result of results)
    if (result.status === 'refused') throw new StoreRefused(result.sqlstate, result.message)
}

function toOp(member: string): PairOp {
  const [postId, sessionId, op] = member.split('|') as [string, string, string]
  return { postId, sessionId, op: Number(op) }
}
