import { type Health, joinHealth } from '../core/health'
import { json, type Reply } from './responses'

/** Health of one engine, or of several kinds and of each under its name. */
export type Looked = Health & { lookedAt: string; kinds?: Record<string, Health> }

/**
 * What everybody may know of a private kind: whether its stores answer. All other members, and a `status` made of
 * them, change with the presses of a single person.
 */
type Reachable = Pick<Health, 'status' | 'redis' | 'postgres'>

/** The answer of `{base}/health`. Of several kinds each has its own figures under its name. */
export function healthResponse(looked: Looked | PublicHealth, warnings: readonly string[]): Reply {
  const { lookedAt, kinds = {} } = looked
  const all = [...warnings, ...(looked.warnings ?? [])]
  const each = Object.entries(kinds).map(([name, own]) => [name, membersOf(own)])
  return json(looked.status === 'down' ? 503 : 200, {
    ...membersOf(looked),
    lookedAt,
    ...(each.length > 1 && { kinds: Object.fromEntries(each) }),
    // Only what there is to say.
    ...(all.length > 0 && { warnings: all }),
  })
}

type PublicHealth = Reachable &
  Partial<Health> & { lookedAt: string; kinds?: Record<string, Reachable & Partial<Health>> }

/**
 * `looked` for a caller without a secret: no figure, and no `status`, depends on presses of a private kind. The sums are
 * those of the other kinds; where all are private there are none.
 * @param isPrivate of a kind by its name; of the only one by `''`
 */
export function publicHealth(looked: Looked, isPrivate: (kind: string) => boolean): PublicHealth {
  const { lookedAt, kinds = { '': looked } } = looked
  const names = Object.keys(kinds)
  if (!names.some(isPrivate)) return looked
  const each = Object.fromEntries(
    names.map(name => [name, isPrivate(name) ? reachable(kinds[name]!) : kinds[name]!]),
  )
  const shown = names.filter(name => !isPrivate(name)).map(name => kinds[name]!)
  return {
    ...(shown.length > 0 && joinHealth(shown)),
    ...worstOf(Object.values(each)),
    lookedAt,
    ...(looked.kinds && { kinds: each }),
  }
}

function reachable({ status, redis, postgres }: Health): Reachable {
  const isOk = redis !== 'down' && postgres === 'up'
  // `down` says nothing but that neither store answers.
  return { status: status === 'down' ? 'down' : isOk ? 'ok' : 'degraded', redis, postgres }
}

function worstOf(all: readonly Reachable[]): Reachable {
  const whole = joinHealth(all.map(one => ({ ...NO_FIGURES, ...one })))
  return { status: whole.status, redis: whole.redis, postgres: whole.postgres }
}

const NO_FIGURES = {
  pending: null,
  oldestPendingMs: null,
  unseen: null,
  refused: null,
  paused: null,
  lastDrainAt: null,
} satisfies Partial<Health>

/** In this order, and nothing else that a service may have put there. */
const membersOf = ({
  status,
  redis,
  postgres,
  pending,
  oldestPendingMs,
  unseen,
  refused,
  paused,
  lastDrainAt,
}: Reachable & Partial<Health>) => ({
  status,
  redis,
  postgres,
  pending,
  oldestPendingMs,
  unseen,
  refused,
  paused,
  lastDrainAt,
})
