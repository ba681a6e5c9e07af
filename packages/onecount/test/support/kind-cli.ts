import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kind, Onecount } from 'onecount'
import { startKindStores } from './kind-stores'

const BIN = join(import.meta.dirname, '../../bin/onecount.mjs')

/** Both stores, and the command in a folder with these configurations, by the names of their files. */
export async function startKindCli(configurations: Record<string, Record<string, Kind>>) {
  const stores = await startKindStores()
  const folder = await mkdtemp(join(tmpdir(), 'onecount-kinds-'))
  for (const [name, kinds] of Object.entries(configurations))
    await writeFile(join(folder, name), `export default ${JSON.stringify({ kinds })}`)
  let settings: Record<string, string> = {}

  const run = (...args: string[]) =>
    new Promise<{ code: number; out: string; err: string }>(resolve =>
      execFile(
        process.execPath,
        [BIN, ...args],
        {
          cwd: folder,
          env: {
            NODE_ENV: 'test',
            PATH: process.env.PATH,
            REDIS_URL: stores.redisUrl,
            DATABASE_URL: stores.databaseUrl,
            ONECOUNT_SECRET: 'x'.repeat(40),
            ...settings,
          },
        },
        (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }),
      ),
    )

  return {
    command: stores.redis,
    databaseUrl: () => stores.databaseUrl,
    run,

    /** What a command prints with --json. */
    async json(...args: string[]) {
      const { code, out, err } = await run(...args, '--json')
      return { code, report: out ? JSON.parse(out) : null, err }
    },

    /** An empty Redis, and a database with the tables of applications. */
    begin: () => stores.begin(),

    /** Settings of the commands until the test ends. */
    through(given: Record<string, string>): void {
      settings = given
    },

    async end(): Promise<void> {
      settings = {}
      await stores.end()
    },

    /** The application. */
    instance: (kind: Kind, partitions = 1): Onecount => stores.instance(kind, { partitions }),

    unnoticed: stores.unnoticed,

    async stop(): Promise<void> {
      await Promise.all([stores.stop(), rm(folder, { recursive: true })])
    },
  }
}

export type KindCli = Awaited<ReturnType<typeof startKindCli>>
