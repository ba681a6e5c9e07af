import { FAULTS } from './faults'
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
  #seeds = 0

  constructor(
    private readonly from: number,
    private readonly json: boolean,
  ) {}

  add({ seed, violations, counts, faults }: Outcome): void {
    this.#seeds++
    for (const [name, n] of Object.entries(counts)) this.#counts[name] = (this.#counts[name] ?? 0) + n
    if (violations.length === 0) return
    this.failed.push({ seed, violations })
    if (!this.json)
      console.log(`seed ${seed} (${faults.join(', ')})\n  ${[...new Set(violations)].join('\n  ')}`)
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
      console.log(JSON.stringify({ from, seeds, seconds, violations, failed, counts }))
      return
    }
    for (const [name, n] of Object.entries(counts).sort())
      console.log(`${name.padEnd(24)}${String(n).padStart(10)}`)
    console.log(
      `${seeds} seeds in ${seconds.toFixed(1)} s: ${counts.calls ?? 0} calls, ${counts.acknowledged ?? 0} of ${counts.presses ?? 0} presses acknowledged, ${faultsIn(counts)} faults; ${violations} violations`,
    )
    if (failed.length > 0)
      console.log(`replay one with: npm run simulate -- --seed ${failed[0]!.seed}${options}`)
  }
}
