import { createHash, timingSafeEqual } from 'node:crypto'
import { OnecountError } from '../core/errors'
import type { LikesService } from './ports'

/** Batches in a row that move nothing (another drainer is at it) before the rest is left to the next call. */
const MAX_EMPTY = 5

/** @throws OnecountError `unauthorized` unless `Authorization` carries the secret as a bearer token */
export function assertBearer(request: Request, secret: string): void {
  const [, token] = /^Bearer +(\S+) *$/i.exec(request.headers.get('authorization') ?? '') ?? []
  // Equal lengths, so that the comparison tells nothing about the length of the secret either.
  if (!timingSafeEqual(digest(token ?? ''), digest(secret)) || token === undefined) {
    throw new OnecountError('unauthorized')
  }
}

/** Batch after batch until none is left or the time is up. `more`: call again. */
export async function drainFor(
  service: Pick<LikesService, 'drainOnce'>,
  budgetMs: number,
  now: () => number,
): Promise<{ drained: number; more: boolean }> {
  const end = now() + budgetMs
  let drained = 0
  let empty = 0
  for (;;) {
    const batch = await service.drainOnce()
    drained += batch.drained
    empty = batch.drained > 0 ? 0 : empty + 1
    if (!batch.more || empty >= MAX_EMPTY || now() >= end) return { drained, more: batch.more }
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
