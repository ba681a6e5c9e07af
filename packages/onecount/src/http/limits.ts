import { OnecountError } from '../core/errors'

/** At most `tokens` at once, refilled evenly over `windowMs`. */
export interface Rate {
  /** Requests. */
  tokens: number
  /** Milliseconds. */
  windowMs: number
}

export const KINDS: readonly LimitKind[] = ['session', 'ip', 'post', 'read', 'new']

/**
 * What is counted: writes of a session, writes from an address, writes to a post, reads from an address, new sessions
 * from an address.
 */
export type LimitKind = 'session' | 'ip' | 'post' | 'read' | 'new'

/** One rate for each kind; `null` is no limit. */
export type Limits = Readonly<Record<LimitKind, Rate | null>>

/**
 * A session: a person who taps as fast as they can, for ten seconds. An address: an office of them, as many share one.
 * A post has none: the one that everybody likes is the one that must not refuse. New sessions: a school whose pupils
 * open the site in the same minutes, and ten a minute from then on (`docs/decisions/019`).
 */
export const DEFAULT_LIMITS: Limits = {
  session: { tokens: 30, windowMs: 10_000 },
  ip: { tokens: 300, windowMs: 10_000 },
  post: null,
  read: { tokens: 1_000, windowMs: 10_000 },
  new: { tokens: 600, windowMs: 3_600_000 },
}

/** Every request is accepted: for load tests. */
export const NO_LIMITS: Limits = { session: null, ip: null, post: null, read: null, new: null }

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/**
 * Reads `ONECOUNT_LIMITS`: `session=30/10s,ip=300/10s,post=off,read=1000/10s`. A kind that is not named keeps its
 * default; `off` alone switches all of them off (load tests). Units: ms, s, m, h; `1/s` is `1/1s`.
 * @throws OnecountError `misconfigured`, naming the part at fault
 * @example
 * createHandler({ service, secret, limits: parseLimits(process.env.ONECOUNT_LIMITS) })
 */
export function parseLimits(text: string | undefined): Limits {
  const trimmed = text?.trim() ?? ''
  if (trimmed === '') return DEFAULT_LIMITS
  if (trimmed === 'off') return NO_LIMITS
  const limits = { ...DEFAULT_LIMITS }
  const named = new Set<string>()
  for (const part of trimmed.split(',').map(item => item.trim())) {
    const [kind, rate] = part.split('=').map(item => item.trim())
    if (!KINDS.includes(kind as LimitKind))
      throw fault(part, `the limits are ${KINDS.join(', ')}, or off alone`)
    if (named.has(kind!)) throw fault(part, `${kind} is there twice`)
    named.add(kind!)
    limits[kind as LimitKind] = parseRate(part, rate)
  }
  return limits
}

function parseRate(part: string, rate: string | undefined): Rate | null {
  if (rate === 'off') return null
  const [, tokens, amount, unit] = /^(\d{1,9})\/(\d{0,6})(ms|s|m|h)$/.exec(rate ?? '') ?? []
  const windowMs = Number(amount || 1) * (UNITS[unit ?? ''] ?? 0)
  if (!(Number(tokens) > 0 && windowMs > 0))
    throw fault(part, 'write a number of requests and a time, as 30/10s, or off')
  return { tokens: Number(tokens), windowMs }
}

function fault(part: string, hint: string): OnecountError {
  return new OnecountError('misconfigured', {
    field: 'ONECOUNT_LIMITS',
    detail: `ONECOUNT_LIMITS: "${part}" is not understood: ${hint}`,
  })
}
