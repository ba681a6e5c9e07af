import type { Context } from './context'
import { StoreRefused } from './errors'
import type { PairOp, RefusedOp } from './ports'

/** Lines in a minute; beyond them they are counted. */
const LINES = 10
const MINUTE_MS = 60_000

/** Writes a line for an op that Postgres has refused: which, and why. Of a session its beginning, as it is a secret. */
export function createRefusalLog(
  ctx: Pick<Context, 'log' | 'elapsed'>,
): (refused: readonly RefusedOp[]) => void {
  let since = Number.NEGATIVE_INFINITY
  let said = 0
  let left = 0

  return refused => {
    for (const op of refused) {
      if (ctx.elapsed() - since >= MINUTE_MS) {
        if (left > 0) ctx.log.warn(`postgres refused ${left} more ops: npx onecount refused`)
        since = ctx.elapsed()
        said = 0
        left = 0
      }
      if (++said <= LINES) ctx.log.warn(describe(op))
      else if (++left === 1) ctx.log.warn('postgres refuses more ops than are logged: npx onecount refused')
    }
  }
}

/** An error that is logged may be in the words of an application's trigger, which names sessions: their beginnings. */
export function withoutSessions(error: unknown, ops: readonly Pick<PairOp, 'sessionId'>[]): unknown {
  if (!(error instanceof StoreRefused)) return error
  const { sqlstate, reason } = error
  const shown = ops.reduce((text, { sessionId }) => text.replaceAll(sessionId, shortened(sessionId)), reason)
  return shown === reason ? error : new StoreRefused(sqlstate, shown)
}

function describe({ postId, sessionId, op, sqlstate, message }: RefusedOp): string {
  const session = shortened(sessionId)
  const why = message.replaceAll(sessionId, session).replace(/\s*\n\s*/g, ' | ')
  return (
    `postgres refused the ${op % 2 === 1 ? 'like' : 'unlike'} of ${postId} by ${session}, which is set aside: ` +
    `${why} (${sqlstate}). See npx onecount refused`
  )
}

const SHOWN = 6
const shortened = (id: string) => (id.length > 2 * SHOWN ? `${id.slice(0, SHOWN)}…` : id)
