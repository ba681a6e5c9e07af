import type { Redis } from 'ioredis'
import { runBatch } from './batch'
import { engineWithout } from './engine'
import { RULES } from './rules'

interface Ablation {
  rule: string
  /** The seed that has noticed that the rule is missing, and how many were run until then; null: none has. */
  seed: number | null
  seeds: number
  violation: string | null
}

interface AblateOptions {
  from: number
  /** Within so many seeds a missing rule must be noticed. */
  seeds: number
  only?: string
  json: boolean
}

/** Switches off one rule after the other. Answers 0 when each was noticed. */
export async function ablate(
  client: Redis,
  { from, seeds, only = '', json }: AblateOptions,
): Promise<number> {
  const ablations: Ablation[] = []
  for (const rule of RULES.filter(({ name }) => name.includes(only))) {
    const engine = await engineWithout(rule)
    const ablation: Ablation = { rule: rule.name, seed: null, seeds: 0, violation: null }
    await runBatch(client, engine, {
      from,
      seeds,
      steps: 800,
      faults: rule.faults && new Set(rule.faults),
      onOutcome({ seed, violations }) {
        if (ablation.seed !== null) return true
        ablation.seeds++
        if (violations.length === 0) return false
        ablation.seed = seed
        ablation.violation = violations[0]!
        return true
      },
    })
    ablations.push(ablation)
    if (!json) {
      const found = ablation.seed === null ? 'NOT NOTICED' : `${ablation.seeds} seeds`
      console.log(
        `${found.padStart(12)}  ${rule.name}${ablation.violation ? `\n${' '.repeat(14)}${ablation.violation.slice(0, 110)}` : ''}`,
      )
    }
  }
  const missed = ablations.filter(({ seed }) => seed === null).length
  if (json) console.log(JSON.stringify({ rules: ablations.length, missed, ablations }))
  else
    console.log(`${ablations.length - missed} of ${ablations.length} rules are noticed within ${seeds} seeds`)
  return missed > 0 ? 1 : 0
}
