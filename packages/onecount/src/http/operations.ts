import type { KindDrained } from '../core/engines'
import type { KindsService, LikesService } from './ports'
import { errorOf, json, type Reply } from './responses'

/** What a drain of one kind or of several has done. */
export interface Drained {
  drained: number
  more: boolean
  kinds?: Record<string, KindDrained>
}

/** What the kinds have failed with. */
export const errorsOf = (kinds: Record<string, KindDrained>): unknown[] =>
  Object.values(kinds).flatMap(result => ('error' in result ? [result.error] : []))

/**
 * Drains and prunes, and answers what was drained. Of several kinds each has its own result under its name; where one fails the
 * others are drained, and the status is that of its error, so that a scheduler takes notice.
 * @throws what the drain of a single kind throws
 */
export async function drainResponse(
  service: LikesService | KindsService,
  budgetMs: number,
  logError: (error: unknown) => void,
): Promise<Reply> {
  const { drained, more, kinds = {} }: Drained = await service.drainer.flush({ budgetMs, whenHeld: 'wait' })
  const results = Object.entries(kinds)
  const errors = errorsOf(kinds)
  if (errors.length === 0) await service.prune?.(budgetMs).catch(logError)
  if (results.length === 1 && errors.length === 1) throw errors[0]
  for (const error of errors) logError(error)
  const each = results.map(([name, result]) => [
    name,
    'error' in result
      ? { error: errorOf(result.error).body }
      : { drained: result.drained, more: result.more },
  ])
  const status = errors.length > 0 ? errorOf(errors[0]).status : 200
  return json(status, { drained, more, ...(each.length > 1 && { kinds: Object.fromEntries(each) }) })
}
