import { existsSync, rmSync } from 'node:fs'
import type { Server } from 'node:net'
import { join, resolve } from 'node:path'
import { answerCommand } from '@onecount/dev-stack/commands'
import { serveCommands } from '@onecount/dev-stack/control'
import { onFreePort } from '@onecount/dev-stack/free-port'
import { createKillFault, type KillFault } from '@onecount/dev-stack/kill-fault'
import { isLoopback } from '@onecount/dev-stack/loopback'
import { writePrivateFile } from '@onecount/dev-stack/private-files'
import { type Program, until } from '@onecount/dev-stack/process'
import { type Stack, startStack } from '@onecount/dev-stack/stack'
import { loadEnvFiles } from './environment'
import type { Host } from './host'
import { startNext } from './next'
import { HELP, type Options, readOptions } from './options'

const ROOT = resolve(import.meta.dirname, '..')
const START_MS = 90_000

async function main(): Promise<number> {
  loadEnvFiles(ROOT)
  const options = await readOptions(process.argv.slice(2))
  if (options === null) {
    console.log(HELP)
    return 0
  }
  if (options.mode === 'start' && !existsSync(join(ROOT, '.next/BUILD_ID'))) {
    console.error('There is no build yet: run `npm run build` first.')
    return 2
  }
  const data = options.data ?? join(ROOT, '.onecount')
  const say = (line: string) => console.log(line)
  const { withRedis, overRest } = options
  const withLinks = hasSwitches(options)
  const stack = await startStack({ env: process.env, dataDir: data, withRedis, overRest, withLinks, say })
  return serve(options, stack, data)
}

async function serve(options: Options, stack: Stack, data: string): Promise<number> {
  const { mode, host, port: wanted } = options
  let next: Program | undefined
  let restart = async () => {}
  let isEnding = false
  const stopped = new Promise<number>(end => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(0))
    // A terminal that was closed accepts no more lines; pending likes are saved all the same.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  })
  const follow = (program: Program) => {
    next = program
  }
  const killFault = createKillFault({
    // Over REST the answers of Redis travel in another form.
    link: options.overRest ? null : stack.links.redis,
    kill: async () => next?.kill(),
    start: () => restart(),
  })
  const faults = hasSwitches(options) ? [...stack.faults, killFault] : []
  const commands = await serveCommands(data, words => answerCommand(stack.parts, words, faults))
  const start = async (port: number) => {
    const env = { ...stack.env, ...openedBy(host), ...switchesOf(options, commands) }
    await startNext({ mode, port, address: host.address, env, started: follow })
    const url = `http://${host.names[0]}:${port}`
    await until('Next', next!, async () => (await fetch(`${url}/api/health`)).status > 0, START_MS)
    return port
  }
  const file = join(data, 'dev.json')
  const serving = onFreePort(wanted, start, host.address).then(async port => {
    const origins = host.names.map(name => `http://${name}:${port}`)
    await stack.allow(origins)
    const { supabaseUrl, publishableKey, secretKey, redisUrl, redisId } = stack
    const stores = { supabaseUrl, publishableKey, secretKey, redisUrl, redisId }
    writePrivateFile(file, `${JSON.stringify({ appUrl: origins[0], ...stores }, null, 2)}\n`)
    console.log(
      ['', ...stack.summary, ...appLines(origins, host, stack, port === wanted ? 0 : wanted), ''].join('\n'),
    )
    restart = async () => void (await start(port))
    return endOf(() => next!, killFault)
  })
  const ended = serving.then(code => {
    if (!isEnding) console.error(`The application has ended (${code ?? 'killed'}): stopping the rest.`)
    return 1
  })
  try {
    return await Promise.race([stopped, ended])
  } finally {
    isEnding = true
    console.log('stopping: saving pending likes …')
    rmSync(file, { force: true })
    commands.close()
    ended.catch(() => {})
    await next?.stop()
    await stack.stop()
  }
}

/** Origins that Next lets in besides localhost while it develops: pages opened from other machines. */
const openedBy = ({ isOpen, names }: Host) => ({ ONECOUNT_DEV_ORIGINS: isOpen ? names.join(',') : '' })

/** `/demo` breaks what runs here in development, and on this machine alone. */
const hasSwitches = ({ mode, host }: Options) => mode === 'dev' && !host.isOpen

/** Where it sends its commands. */
const switchesOf = (options: Options, commands: Server) => ({
  ONECOUNT_DEV_CONTROL: hasSwitches(options) ? String(commands.address()) : '',
})

/** The exit code of the application, which may be killed and started again meanwhile. */
async function endOf(current: () => Program, { revived }: KillFault): Promise<number | null> {
  for (;;) {
    const code = await current().exited
    const again = revived()
    if (again === null) return code
    await again
  }
}

function appLines(origins: string[], host: Host, stack: Stack, portInUse: number): string[] {
  const remark = portInUse ? `  (port ${portInUse} is in use)` : ''
  const outside = origins.filter(origin => !isLoopback(new URL(origin).hostname))
  return [
    `onecount  ${origins[0]}${remark}`,
    ...(host.isOpen && outside.length > 0 ? [`          open to other machines: ${outside.join(' ')}`] : []),
    ...(host.isOpen && stack.parts.some(({ id }) => id === 'supabase')
      ? [
          '          pages on other machines have no live updates (Supabase stays on this one): they read again instead',
        ]
      : []),
    ...(stack.parts.some(({ id }) => id === 'redis')
      ? ['', 'Take Redis away and bring it back: npm run stack stop redis, npm run stack start redis']
      : []),
  ]
}

main().then(
  code => process.exit(code),
  error => {
    const isUsage = error instanceof RangeError
    console.error(
      isUsage ? error.message : `Could not start: ${error instanceof Error ? error.message : error}`,
    )
    process.exit(isUsage ? 2 : 1)
  },
)
