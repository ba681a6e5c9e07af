import type { Redis } from 'ioredis'
import { runBatch } from './batch'
import { type Engine, engineWithout } from './engine'
import type { KindName } from './kinds'
import type { Rule } from './rule'
import type { Outcome } from './run'

interface Ablation {
  rule: string
  /** The seed that has noticed that the rule is missing, and how many were run until then; null: none has. */
  seed: number | null
  seeds: number
  /** What was noticed; of a rule that was not: what was thrown first. */
  violation: string | null
}

interface AblateOptions {
  rules: readonly Rule[]
  from: number
  /** Within so many seeds a missing rule must be noticed. */
  seeds: number
  json: boolean
  /** Instead of that of each seed. */
  kind?: KindName
  /** The engine that is run. */
  without?: (rule: Rule) => Promise<Engine>
}

/** How long everything goes wrong in a seed, in steps: longer than without a rule missing, so that few seeds do. */
const STEPS = 800

/** An engine that throws is not one without a rule but a broken one: what else goes wrong in its seed proves nothing. */
const isThrown = (violation: string) => violation.startsWith('thrown: ')

/** Switches off one rule until a seed notices: an invariant does not hold. */
export async function ablateRule(
  client: Redis,
  rule: Rule,
  from: number,
  seeds: number,
  { without = engineWithout, kind }: Pick<AblateOptions, 'without' | 'kind'> = {},
): Promise<Ablation> {
  const engine = await without(rule)
  const ablation: Ablation = { rule: rule.name, seed: null, seeds: 0, violation: null }
  const options = {
    steps: STEPS,
    kind,
    faults: rule.faults && new Set(rule.faults),
    onOutcome({ seed, violations }: Outcome) {
      if (ablation.seed !== null) return true
      ablation.seeds++
      const thrown = violations.find(isThrown)
      ablation.violation ??= thrown ?? null
      if (violations.length === 0 || thrown) return false
      ablation.seed = seed
      ablation.violation = violations[0]!
      return true
    },
  }
  if (rule.seed !== undefined) await runBatch(client, engine, { ...options, from: rule.seed, seeds: 1 })
  if (ablation.seed === null) await runBatch(client, engine, { ...options, from, seeds })
  return ablation
}

/** Switches off one rule after the other. Answers 0 when each was noticed. */
export async function ablate(
  client: Redis,
  { rules, from, seeds, json, ...options }: AblateOptions,
): Promise<number> {
  const ablations: Ablation[] = []
  for (const rule of rules) {
    const ablation = await ablateRule(client, rule, from, seeds, options)
    ablations.push(ablation)
    if (!json) print(ablation)
  }
  const missed = ablations.filter(({ seed }) => seed === null).length
  if (json) console.log(JSON.stringify({ rules: ablations.length, missed, ablations }))
  else
    console.log(
      `${ablations.length - missed} of ${ablations.length} rules cause a violation within ${seeds} seeds`,
    )
  return missed > 0 ? 1 : 0
}

function print({ rule, seed, seeds, violation }: Ablation): void {
  const found = seed === null ? 'NOT NOTICED' : `${seeds} seed${seeds === 1 ? '' : 's'}`
  console.log(`${found.padStart(12)}  ${rule}`)
  if (violation) console.log(`${' '.repeat(14)}${violation.slice(0, 104)}`)
}
