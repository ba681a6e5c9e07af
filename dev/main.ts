import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadEnvFiles } from './environment'
import { firstFreePort } from './services/free-port'
import { type Running, run, until } from './services/process'
import { type Stack, startStack } from './stack'

const HELP = `Runs the application with everything it needs.

  npm run dev      development server
  npm start        production server (after npm run build)

What SUPABASE_URL and REDIS_URL name is used; what they do not name is started here.

  -- --port N      port of the application, 3000 or the next free one
  -- --data DIR    where the embedded stores keep their data, .onecount
  -- --help`

const ROOT = resolve(import.meta.dirname, '..')

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { port: { type: 'string' }, data: { type: 'string' }, help: { type: 'boolean' } },
  })
  const mode = positionals[0]
  if (values.help || (mode !== 'dev' && mode !== 'start')) {
    console.log(HELP)
    return values.help ? 0 : 2
  }
  if (mode === 'start' && !existsSync(join(ROOT, '.next/BUILD_ID'))) {
    console.error('There is no build yet: run `npm run build` first.')
    return 2
  }
  loadEnvFiles(ROOT)
  const wanted = Number(values.port ?? process.env.PORT ?? 3000)
  if (!Number.isInteger(wanted) || wanted < 0 || wanted > 65535) {
    console.error(`--port ${values.port} is no port: use a number from 0 to 65535.`)
    return 2
  }
  const data = values.data ?? join(ROOT, '.onecount')
  const stack = await startStack(process.env, data, line => console.log(line))
  return serve(mode, stack, data, wanted)
}

async function serve(mode: 'dev' | 'start', stack: Stack, data: string, wanted: number): Promise<number> {
  const port = await firstFreePort(wanted)
  const appUrl = `http://localhost:${port}`
  const next = startNext(mode, stack, port)
  stack.parts.push({ name: 'The application', running: next })

  let ending = false
  const stopped = new Promise<number>(end => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(0))
    // A terminal that was closed takes no more lines; what is pending is saved all the same.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
    for (const { name, running } of stack.parts) {
      running.exited.then(code => {
        if (ending) return
        console.error(`${name} has ended (${code ?? 'killed'}): stopping the rest.`)
        end(1)
      })
    }
  })
  await Promise.race([
    stopped,
    until('Next', next, async () => (await fetch(`${appUrl}/api/health`)).status > 0),
  ])

  const file = join(data, 'dev.json')
  mkdirSync(data, { recursive: true })
  const { supabaseUrl, publishableKey, secretKey, redisUrl, redisId } = stack
  writeFileSync(
    file,
    `${JSON.stringify({ appUrl, supabaseUrl, publishableKey, secretKey, redisUrl, redisId }, null, 2)}\n`,
    {
      mode: 0o600,
    },
  )
  console.log(
    [
      '',
      ...stack.summary,
      `onecount  ${appUrl}${port === wanted ? '' : `  (port ${wanted} is in use)`}`,
      '',
    ].join('\n'),
  )

  const code = await stopped
  ending = true
  console.log('stopping: saving what is pending …')
  rmSync(file, { force: true })
  await next.stop()
  stack.parts.pop()
  await stack.stop()
  return code
}

function startNext(mode: 'dev' | 'start', stack: Stack, port: number): Running & { lastWords(): string } {
  const next = run(
    process.execPath,
    [
      ...['--import', join(import.meta.dirname, 'end-with-parent.mjs')],
      ...[join(ROOT, 'node_modules/next/dist/bin/next'), mode, '--port', String(port)],
    ],
    {
      cwd: ROOT,
      env: { ...process.env, ...stack.env, NEXT_TELEMETRY_DISABLED: '1', PORT: String(port) },
      // A group of its own: Ctrl-C reaches it through us, after the last request.
      detached: true,
    },
  )
  next.child.stdout?.pipe(process.stdout)
  next.child.stderr?.pipe(process.stderr)
  return next
}

main().then(
  code => process.exit(code),
  error => {
    console.error(`Could not start: ${error instanceof Error ? error.message : error}`)
    process.exit(1)
  },
)
