import { FAULTS } from './faults'
import { KIND_NAMES } from './kinds'
import type { Outcome } from './run'

const FAULTY = new Set<string>([...FAULTS, 'replayed', 'batch refused'])

/** How many things went wrong, of what a world has counted. */
export const faultsIn = (counts: Readonly<Record<string, number>>): number =>
  Object.entries(counts).reduce((sum, [name, n]) => sum + (FAULTY.has(name) ? n : 0), 0)

/** What many seeds have come to. */
export class Report {
  readonly failed: Pick<Outcome, 'seed' | 'violations'>[] = []
  readonly #counts: Record<string, number> = {}
  readonly #started = performance.now()
  readonly #kinds: Record<string, number> = {}
  #seeds = 0

  constructor(
    private readonly from: number,
    private readonly json: boolean,
  ) {}

  add({ seed, kind, violations, counts, faults }: Outcome): void {
    this.#seeds++
    this.#kinds[kind] = (this.#kinds[kind] ?? 0) + 1
    for (const [name, n] of Object.entries(counts)) this.#counts[name] = (this.#counts[name] ?? 0) + n
    if (violations.length === 0) return
    this.failed.push({ seed, violations })
    if (!this.json)
      console.log(
        `seed ${seed} (${[`${kind} ids`, ...faults].join(', ')})\n  ${[...new Set(violations)].join('\n  ')}`,
      )
  }

  get violations(): number {
    return this.failed.reduce((sum, { violations }) => sum + violations.length, 0)
  }

  /** `options`: how a seed is replayed, beside its number. */
  print(options: string): void {
    const { failed, violations } = this
    const counts = this.#counts
    const [from, seeds, seconds] = [this.from, this.#seeds, (performance.now() - this.#started) / 1000]
    if (this.json) {
      console.log(JSON.stringify({ from, seeds, kinds: this.#kinds, seconds, violations, failed, counts }))
      return
    }
    for (const [name, n] of Object.entries(counts).sort())
      console.log(`${name.padEnd(24)}${String(n).padStart(10)}`)
    const kinds = KIND_NAMES.flatMap(name =>
      this.#kinds[name] ? `${this.#kinds[name]} with ${name} ids` : [],
    )
    console.log(
      `${seeds} seeds (${kinds.join(', ')}) in ${seconds.toFixed(1)} s: ${counts.calls ?? 0} calls, ${counts.acknowledged ?? 0} of ${counts.presses ?? 0} presses acknowledged, ${faultsIn(counts)} faults; ${violations} violations`,
    )
    if (failed.length > 0)
      console.log(`replay one with: npm run simulate -- --seed ${failed[0]!.seed}${options}`)
  }
}
