import fc from 'fast-check'
import { FATES, type Fate } from './wire'

export type Command =
  | { kind: 'set'; instance: number; post: number; session: number; liked: boolean; ago: number }
  | { kind: 'toggle'; instance: number; post: number; session: number }
  | { kind: 'read'; instance: number; session: number }
  | { kind: 'rehydrate'; instance: number; post: number }
  | { kind: 'drain'; instance: number }
  | { kind: 'steps'; picks: { which: number; fate: Fate }[] }
  | { kind: 'deliver'; which: number }
  | { kind: 'crash'; instance: number }
  | { kind: 'down'; store: 'redis' | 'postgres'; instance: number | undefined; isDown: boolean }
  | { kind: 'lose'; key: (typeof KEYS)[number]; post: number }
  | { kind: 'flush' }

/** Keys whose loss loses no op. */
const KEYS = ['likes', 'liked', 'sessions', 'meta', 'ops', 'recent', 'late', 'rank'] as const

export const SIZES = { instances: 2, posts: 3, sessions: 4 }

const instance = fc.nat(SIZES.instances - 1)
const post = fc.nat(SIZES.posts - 1)
const session = fc.nat(SIZES.sessions - 1)
const which = fc.nat(9)
const fate = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Fate>('answered') },
  ...FATES.slice(1).map(f => ({ weight: 1, arbitrary: fc.constant(f) })),
)
const of = <K extends Command['kind']>(
  kind: K,
  rest: { [P in Exclude<keyof Extract<Command, { kind: K }>, 'kind'>]: fc.Arbitrary<unknown> },
): fc.Arbitrary<Command> =>
  fc.record({ kind: fc.constant(kind), ...rest }) as unknown as fc.Arbitrary<Command>

const steps = of('steps', { picks: fc.array(fc.record({ which, fate }), { minLength: 1, maxLength: 8 }) })

/** What can happen while nothing is lost: every pair must end with the greatest op that was ever accepted. */
const lossless: fc.MaybeWeightedArbitrary<Command>[] = [
  // `ago`: a press of a client that is behind, or the same one again.
  { weight: 6, arbitrary: of('set', { instance, post, session, liked: fc.boolean(), ago: fc.nat(3) }) },
  { weight: 2, arbitrary: of('toggle', { instance, post, session }) },
  { weight: 2, arbitrary: of('read', { instance, session }) },
  { weight: 1, arbitrary: of('rehydrate', { instance, post }) },
  { weight: 4, arbitrary: of('drain', { instance }) },
  { weight: 16, arbitrary: steps },
  { weight: 1, arbitrary: of('deliver', { which }) },
  { weight: 1, arbitrary: of('crash', { instance }) },
  {
    weight: 1,
    arbitrary: of('down', {
      store: fc.constantFrom('redis', 'postgres'),
      instance: fc.option(instance, { nil: undefined }),
      isDown: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: of('lose', { key: fc.constantFrom(...KEYS), post }) },
]

const flush = { weight: 1, arbitrary: of('flush', {}) }

const sequence = (choices: fc.MaybeWeightedArbitrary<Command>[]) =>
  fc.array(fc.oneof(...choices), { minLength: 10, maxLength: 70, size: 'max' })

export const withoutLoss = sequence(lossless)
export const withLoss = sequence([...lossless, flush])
