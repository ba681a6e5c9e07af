import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '@onecount/dev-stack/free-port'
import { killOnExit } from '@onecount/dev-stack/kill-on-exit'
import { END_WITH_PARENT, type Program, run, until } from '@onecount/dev-stack/process'

const ROOT = join(import.meta.dirname, '../..')
const ONECOUNT = join(ROOT, 'packages/onecount/bin/onecount.mjs')
const NEXT = join(ROOT, 'node_modules/next/dist/bin/next')
export const SECRET = 'a-secret-for-benchmarks-that-is-long-enough'

export interface Server {
  origin: string
  program: Program
}

export interface Addresses {
  redisUrl: string
  databaseUrl: string
}

/** Limits are counted, and refuse no request. */
const envOf = ({ redisUrl, databaseUrl }: Addresses) => ({
  ...process.env,
  NODE_ENV: 'production' as const,
  NEXT_TELEMETRY_DISABLED: '1',
  REDIS_URL: redisUrl,
  DATABASE_URL: databaseUrl,
  ONECOUNT_SECRET: SECRET,
  ONECOUNT_LIMITS: ['session', 'ip', 'read', 'new'].map(kind => `${kind}=900000000/10s`).join(),
})

/** A script that says where it listens. */
async function start(args: string[], env: NodeJS.ProcessEnv = process.env): Promise<Server> {
  const program = killOnExit(run(process.execPath, [...END_WITH_PARENT, ...args], { cwd: ROOT, env }))
  while (!/listening on \S+/.test(program.lastWords())) {
    if (program.child.exitCode !== null) throw new Error(`ended at once: ${program.lastWords()}`)
    await Promise.race([once(program.child.stdout!, 'data'), program.exited])
  }
  const [, address] = /listening on (\S+)/.exec(program.lastWords())!
  return { origin: new URL(address!).origin, program }
}

export const startBare = () => start([join(import.meta.dirname, 'bare.mjs')])

/** `npx onecount serve`; `profile`: a folder for the processor profile of the process. */
export const startServe = (stores: Addresses, { drains = true, profile = '' } = {}) =>
  start(
    [
      ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []),
      ONECOUNT,
      'serve',
      '--port',
      '0',
      ...(drains ? [] : ['--no-drain']),
    ],
    envOf(stores),
  )

const APPLICATION = {
  'package.json': '{ "type": "module" }',
  'next.config.js': `export default {
    serverExternalPackages: ['ioredis', 'postgres'], turbopack: { root: ${JSON.stringify(ROOT)} } }`,
  'onecount.js': `
    import { redisFromEnv } from 'onecount/ioredis'
    import { onecountNext } from 'onecount/next'
    import { postgresJsPort } from 'onecount/postgres'
    import postgres from 'postgres'
    export const onecount = onecountNext({
      redis: redisFromEnv,
      postgres: env => postgresJsPort(postgres(env.DATABASE_URL, { fetch_types: false })),
      drain: process.env.BENCH_DRAIN,
    })`,
  'instrumentation.js': `
    export async function register() {
      if (process.env.NEXT_RUNTIME !== 'nodejs') return
      const { onecount } = await import('./onecount')
      onecount.register()
    }`,
  'proxy.js': `
    export function proxy() {}
    export const config = { matcher: '/nothing' }`,
  'app/layout.jsx': `
    export default function Layout({ children }) { return <html lang="en"><body>{children}</body></html> }`,
  'app/page.jsx': 'export default function Page() { return null }',
  'app/api/[...path]/route.js': `
    import { onecount } from '../../../onecount'
    export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = onecount.handlers`,
  'app/trivial/route.js': `
    export async function PUT(request) {
      await request.text()
      return Response.json({ count: 447 })
    }`,
}

/** A Next.js application with the API and a trivial route, built. */
export async function buildNext() {
  const folder = await mkdtemp(join(ROOT, '.bench-http-'))
  for (const [name, text] of Object.entries(APPLICATION)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  const env = { ...process.env, NODE_ENV: 'production' as const, NEXT_TELEMETRY_DISABLED: '1' }
  await promisify(execFile)(process.execPath, [NEXT, 'build'], { cwd: folder, env, timeout: 300_000 })
  return {
    async start(stores: Addresses, { drains = false, profile = '' } = {}): Promise<Server> {
      const port = String(await freePort())
      const flags = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []
      const program = killOnExit(
        run(process.execPath, [...flags, NEXT, 'start', '--hostname', '127.0.0.1', '--port', port], {
          cwd: folder,
          env: { ...envOf(stores), BENCH_DRAIN: drains ? 'process' : 'none' },
        }),
      )
      const origin = `http://127.0.0.1:${port}`
      await until('The application', program, async () => (await fetch(`${origin}/api/health`)).ok)
      return { origin, program }
    },
    remove: () => rm(folder, { recursive: true }),
  }
}
