import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { stopOnSignals } from './test/run-command'
import { STEPS, type Step, selectSteps } from './test/steps'
import { type Finished, formatSeconds, formatSummary, total } from './test/summary'
import { ensureSystemPackages } from './test/system-packages'

const HELP = `Usage: npm test [-- --only <step>[,<step>]] [--bail]

Runs everything that has to hold, in order; goes on after a failed step. What the tests need from the system
(redis-server, PostgreSQL, Chromium) is installed first where apt-get can do it without a password.

${STEPS.map(({ id, title }) => `  ${id.padEnd(10)} ${title}`).join('\n')}

  --only <steps>  only these (and what they need)
  --bail          stop at the first step that fails
  --help          this text

The last line is "N passed, N failed". Exit code: 0 all passed, 1 something failed, 2 wrong usage or something
missing on this machine.
`

async function runSteps(steps: readonly Step[], bail: boolean): Promise<Finished[]> {
  const reports = mkdtempSync(join(tmpdir(), 'onecount-test-'))
  const finished: Finished[] = []
  const hasFailed = (id: string) => finished.some(step => step.id === id && step.outcome.failed > 0)
  try {
    for (const step of steps) {
      console.log(`\n=== ${step.id}: ${step.title}`)
      const started = performance.now()
      const missing = step.needs?.find(hasFailed)
      const outcome = missing
        ? { passed: 0, failed: 1, note: `not run: ${missing} failed` }
        : await step.run(reports)
      const seconds = (performance.now() - started) / 1000
      finished.push({ id: step.id, seconds, outcome })
      console.log(`=== ${step.id} ${outcome.failed > 0 ? 'failed' : 'passed'} in ${formatSeconds(seconds)}`)
      if (bail && outcome.failed > 0) break
    }
  } finally {
    rmSync(reports, { recursive: true, force: true })
  }
  return finished
}

async function main(only: readonly string[], bail: boolean): Promise<number> {
  const steps = selectSteps(only)
  const missing = ensureSystemPackages(line => console.log(line))
  if (missing) {
    console.error(missing)
    console.log('0 passed, 1 failed')
    return 2
  }
  const finished = await runSteps(steps, bail)
  process.stdout.write(`\n${formatSummary(finished)}`)
  return total(finished).failed > 0 ? 1 : 0
}

stopOnSignals()
try {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      bail: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) process.stdout.write(HELP)
  else
    process.exitCode = await main(
      (values.only ?? []).flatMap(list => list.split(',')),
      values.bail ?? false,
    )
} catch (error) {
  const isUsage = error instanceof RangeError || (error instanceof TypeError && 'code' in error)
  if (!isUsage) throw error
  console.error(`${error.message}\n\n${HELP}`)
  process.exitCode = 2
}
