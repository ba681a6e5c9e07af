import type { Context } from './context'
import type { PairOp } from './ports'
import { parseMember, strings } from './replies'

/**
 * What Redis has left to drain, and its id ('' for none); `oldestOp` is of a sample of 1,000. One round trip.
 * @throws StoreUnavailable
 */
export async function status(ctx: Context) {
  const { q, recent } = ctx.keys
  const [confirmed, epoch, pending, oldestOp, home] = strings(
    await ctx.redis!.run('status', [q, recent], [1000]),
  )
  return {
    confirmed: confirmed!,
    epoch: epoch!,
    pending: Number(pending),
    oldestOp: Number(oldestOp),
    home: home!,
  }
}

/** Hands out a batch, as of `after`, and applies what Postgres has accepted. One round trip. @throws StoreUnavailable */
export async function collect(
  ctx: Context,
  seen: PairOp[],
  counts: Map<string, number>,
  after: string,
): Promise<string[]> {
  const { keys, settings } = ctx
  const { id, isSure } = ctx.ownership.claim
  return strings(
    await ctx.redis!.run(
      'collect',
      [
        keys.q,
        keys.recent,
        keys.rank,
        ...seen.flatMap(r => [
          keys.likes(r.postId),
          keys.liked(r.postId),
          keys.meta(r.postId),
          keys.sessions(r.sessionId),
          keys.hydrating(r.postId),
        ]),
      ],
      [
        ctx.newId(),
        settings.batchSize,
        after,
        ctx.now(),
        id,
        isSure ? '1' : '0',
        ...seen.flatMap(r => [
          r.postId,
          r.sessionId,
          r.sessionId === '' ? (counts.get(r.postId) ?? '') : r.op,
        ]),
      ],
    ),
  )
}

interface Synced {
  nonce: string
  members: string[]
  gone: Set<string>
  isRefused(op: PairOp): boolean
  /** When the batch was collected. */
  began: number
}

/**
 * What is late goes by the later of this server's clock and Redis' own, what is forgotten by the earlier one: either may
 * be wrong by an hour, and then ops are remembered longer, and none is forgotten that is promised.
 */
export async function settle(
  ctx: Context,
  { nonce, members, gone, isRefused, began }: Synced,
): Promise<void> {
  const { keys, settings } = ctx
  const posts = [
    ...groupBy(
      members.map(member => ({ member, ...parseMember(member) })),
      op => op.postId,
    ),
  ].map(([id, ops]) => {
    const refused = ops.filter(isRefused)
    return { id, refused, ops: [...ops.filter(op => !isRefused(op)), ...refused] }
  })
  const inRedis = handedOutAt(nonce)
  await ctx.redis!.run(
    'settle',
    [
      keys.q,
      keys.recent,
      keys.rank,
      keys.late,
      ...posts.flatMap(({ id, refused }) => [
        keys.likes(id),
        keys.liked(id),
        keys.meta(id),
        keys.hydrating(id),
        ...refused.map(op => keys.sessions(op.sessionId)),
      ]),
    ],
    [
      nonce,
      2 * Math.max(ctx.now(), inRedis),
      2 * Math.min(began, inRedis),
      2 * settings.recentMs * 1000,
      ...posts.flatMap(({ id, refused, ops }) => [
        id,
        gone.has(id) ? '1' : '0',
        ops.length,
        refused.length,
        ...ops.map(op => op.member),
      ]),
    ],
  )
}

/** When Redis made the nonce, microseconds of its own clock. */
export function handedOutAt(nonce: string): number {
  const [seconds, micros] = nonce.split('.').slice(-2).map(Number) as [number, number]
  return seconds * 1_000_000 + micros
}

function groupBy<T>(items: T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}
