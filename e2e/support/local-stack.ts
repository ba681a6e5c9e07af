import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify, stripVTControlCharacters } from 'node:util'
import { killOnExit } from '@onecount/dev-stack/kill-on-exit'
import { run, until } from '@onecount/dev-stack/process'

const root = fileURLToPath(new URL('../..', import.meta.url))
const START_MS = 120_000

/** Settings of a person that would name other stores than those started here. */
const NOTHING_SET = {
  SUPABASE_URL: '',
  NEXT_PUBLIC_SUPABASE_URL: '',
  SUPABASE_AUTH: '',
  REDIS_URL: '',
  UPSTASH_REDIS_REST_URL: '',
  UPSTASH_REDIS_REST_TOKEN: '',
  KV_REST_API_URL: '',
  KV_REST_API_TOKEN: '',
  DATABASE_URL: '',
  ONECOUNT_SECRET: '',
  PORT: '',
}

export interface LocalStack {
  pid: number
  dataDir: string
  /** What `.onecount/dev.json` says. */
  stores: { appUrl: string; supabaseUrl: string; publishableKey: string; secretKey: string; redisUrl: string }
  /** All that it has printed, without colours: Next prints them where `CI` is set. */
  log(): string
  /** `npm run stack …`; answers what it prints. */
  command(...words: string[]): Promise<string>
  /** Ctrl-C; resolves with the exit code. */
  stop(): Promise<number | null>
}

export interface LocalStackOptions {
  mode: 'dev' | 'start'
  args?: string[]
  env?: Record<string, string>
  /** False: as on a machine without redis-server. */
  withRedisServer?: boolean
}

/** Runs `npm run dev` or `npm start` on a fresh data folder, at a free port, and waits until it is ready. */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { mode, args = ['--port', '0'], env = {}, withRedisServer = true } = options
  const folder = await mkdtemp(join(tmpdir(), 'onecount-stack-'))
  const dataDir = join(folder, 'data')
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await symlink(process.execPath, join(bin, 'node'))
  const program = killOnExit(
    run(process.execPath, ['--import', 'tsx', join(root, 'dev/main.ts'), mode, '--data', dataDir, ...args], {
      cwd: root,
      env: { ...process.env, ...NOTHING_SET, ...env, ...(!withRedisServer && { PATH: bin }) },
      // As a terminal starts it, which sends Ctrl-C to the whole group.
      detached: true,
    }),
  )
  let log = ''
  for (const stream of [program.child.stdout, program.child.stderr])
    stream?.on('data', chunk => {
      log += chunk
    })
  const file = join(dataDir, 'dev.json')
  await until('The stack', program, async () => existsSync(file) && /^onecount /m.test(log), START_MS)
  return {
    pid: program.pid,
    dataDir,
    stores: JSON.parse(await readFile(file, 'utf8')),
    log: () => stripVTControlCharacters(log),
    async command(...words) {
      const script = join(root, 'dev/stack-command.ts')
      const command = ['--import', 'tsx', script, ...words, '--data', dataDir]
      return (await promisify(execFile)(process.execPath, command, { cwd: root })).stdout.trim()
    },
    async stop() {
      const { exitCode, signalCode } = program.child
      if (exitCode === null && signalCode === null) process.kill(-program.pid, 'SIGINT')
      const code = await program.exited
      await rm(folder, { recursive: true, force: true })
      return code
    },
  }
}

/** A person without a browser: keeps the cookie that the first page gives. */
export async function openVisitor(appUrl: string) {
  const cookies = (await fetch(`${appUrl}/rank`)).headers.getSetCookie().map(cookie => cookie.split(';')[0])
  const headers = { cookie: cookies.join('; ') }
  return {
    view: async (path: string) => (await fetch(appUrl + path, { headers })).status,
    async press(postId: string, liked: boolean, origin = appUrl) {
      const response = await fetch(`${appUrl}/api/likes/${postId}`, {
        method: liked ? 'PUT' : 'DELETE',
        headers: { ...headers, origin },
      })
      return (await response.json()) as { count: number; liked: boolean; source: string }
    },
    health: async () =>
      (await (await fetch(`${appUrl}/api/health`)).json()) as Record<
        'status' | 'redis' | 'postgres',
        string
      > & {
        pending: number | null
        unseen: number | null
        lastDrainAt: string | null
      },
  }
}
