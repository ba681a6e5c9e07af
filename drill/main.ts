import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { END_WITH_PARENT } from '@onecount/dev-stack/process'

/**
 * Ctrl-C of a terminal reaches every process of the group at once: it would end the stores in the middle of a round. So
 * the drill and all that it starts are a group of their own, and this process hands on what it is told. It has nothing
 * else to do, as npm and tsx kill a program that does not answer to Ctrl-C within moments.
 */
const command = join(import.meta.dirname, 'command.ts')
const child = spawn(
  process.execPath,
  ['--import', 'tsx', ...END_WITH_PARENT, command, ...process.argv.slice(2)],
  { detached: true, stdio: ['ignore', 'inherit', 'inherit'] },
)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
child.once('exit', code => {
  process.exitCode = code ?? 1
})
