import { join } from 'node:path'
import {
  checkOutcome,
  type Outcome,
  playwrightCounts,
  readReport,
  runnerOutcome,
  vitestCounts,
} from './results'
import { runTool } from './run-command'

export interface Step {
  readonly id: string
  readonly title: string
  /** Steps that come with this one, and without whose success it cannot run. */
  readonly needs?: readonly string[]
  /** @param reports an existing folder for the step's files */
  run(reports: string): Promise<Outcome>
}

/** Everything `npm test` does after the system packages, in order. */
export const STEPS: readonly Step[] = [
  {
    id: 'generate',
    title: 'Generated files are up to date',
    run: async () => checkOutcome(await runTool('tsx', ['packages/onecount/scripts/generate.ts', '--check'])),
  },
  {
    id: 'seed',
    title: 'Seed data is up to date',
    run: async () => checkOutcome(await runTool('tsx', ['scripts/seed/main.ts', '--check'])),
  },
  {
    id: 'lint',
    title: 'Lint and format',
    run: async () => checkOutcome(await runTool('biome', ['check', '--error-on-warnings', '.'])),
  },
  {
    id: 'typecheck',
    title: 'Types',
    run: async () =>
      checkOutcome((await runTool('next', ['typegen'])) || (await runTool('tsc', ['--noEmit']))),
  },
  {
    id: 'unit',
    title: 'Unit, contract and integration tests',
    run: async reports => {
      const file = join(reports, 'vitest.json')
      const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
      const exitCode = await runTool('vitest', ['run', ...reporters])
      const report = readReport<Parameters<typeof vitestCounts>[0]>(file)
      return runnerOutcome(report && vitestCounts(report), exitCode)
    },
  },
  {
    id: 'build',
    title: 'Production build',
    run: async () => checkOutcome(await runTool('next', ['build'])),
  },
  {
    id: 'e2e',
    title: 'Browser tests',
    needs: ['build'],
    run: async reports => {
      const file = join(reports, 'playwright.json')
      const exitCode = await runTool('playwright', ['test'], { PLAYWRIGHT_JSON_OUTPUT_FILE: file })
      const report = readReport<Parameters<typeof playwrightCounts>[0]>(file)
      return runnerOutcome(report && playwrightCounts(report), exitCode)
    },
  },
]

/**
 * The steps to run for `--only`, with what they need, in their order.
 *
 * @param only ids; none means all
 * @throws RangeError naming an id that is not there
 */
export function selectSteps(only: readonly string[]): Step[] {
  const unknown = only.find(id => STEPS.every(step => step.id !== id))
  if (unknown !== undefined) {
    throw new RangeError(`There is no step "${unknown}". Steps: ${STEPS.map(({ id }) => id).join(', ')}`)
  }
  if (only.length === 0) return [...STEPS]
  const wanted = new Set(only.flatMap(id => [id, ...(STEPS.find(step => step.id === id)?.needs ?? [])]))
  return STEPS.filter(({ id }) => wanted.has(id))
}
