import { VERSION } from '../postgres/kind-template.generated'
import { backfill } from './backfill-command'
import { doctor } from './doctor'
import { describeFailure } from './failure'
import { init } from './init'
import { migration } from './migration'
import { moderate } from './moderate'
import { partitions } from './partitions'
import { reconcile } from './reconcile'
import { refused } from './refused'
import { repair } from './repair-command'
import { serve } from './serve'
import { UsageError } from './settings'
import { takeover } from './takeover'
import { uninstall } from './uninstall'
import { verify } from './verify-command'
import { worker } from './worker'

/** A command answers its exit code; what it throws is printed, and the code is 2. */
export interface Command {
  summary: string
  run(args: string[]): Promise<number>
}

/** In the order of `--help`. */
export const COMMANDS: Record<string, Command> = {
  init,
  migration,
  backfill,
  worker,
  serve,
  verify,
  reconcile,
  repair,
  doctor,
  refused,
  moderate,
  partitions,
  takeover,
  uninstall,
}

const help = () => `onecount: one count, every view.

  npx onecount <command> [options]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join('\n')}

npx onecount <command> --help says more; npx onecount --version names the one that is installed.`

/** On stderr, and for programs on stdout too, where they read what a command answers with `--json`. */
function tell(error: unknown, name: string, args: string[]): void {
  const failure = describeFailure(error, name)
  if (args.includes('--json')) console.log(JSON.stringify(failure))
  console.error(failure.error)
  if (error instanceof UsageError) console.error(`\nnpx onecount ${name} --help says what it takes.`)
}

/** Runs `onecount` with these arguments; answers the exit code. */
export async function main([name, ...args]: string[]): Promise<number> {
  if (name === '--version') {
    console.log(VERSION)
    return 0
  }
  if (!name || ['--help', '-h', 'help'].includes(name)) {
    console.log(help())
    return name ? 0 : 2
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) {
    console.error(`There is no command ${name}.\n\n${help()}`)
    return 2
  }
  try {
    return await command.run(args)
  } catch (error) {
    tell(error, name, args)
    return 2
  }
}
