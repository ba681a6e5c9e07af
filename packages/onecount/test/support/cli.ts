import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Onecount } from 'onecount'
import { outputOf } from './output-of'
import type { Stores } from './stores'

const BIN = join(import.meta.dirname, '../../bin/onecount.mjs')

export const POSTS = Array.from({ length: 12 }, (_, i) => ({
  id: `50050001-aaaa-bbbb-cccc-${String(i).padStart(12, '0')}`,
  base: 10 * i,
}))
export const [POST, OTHER] = POSTS as [(typeof POSTS)[0], (typeof POSTS)[0]]
/** An id that no store has. */
export const ABSENT = '50050001-aaaa-bbbb-cccc-ffffffffffff'

interface Ended {
  code: number | null
  out: string
  err: string
}

/** The command on these stores, in a process of its own and in a folder without settings. */
export async function startCli(stores: Stores) {
  const folder = await mkdtemp(join(tmpdir(), 'onecount-cli-'))

  function start(args: string[], env: Record<string, string> = {}, bin = BIN) {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: folder,
      env: {
        NODE_ENV: 'test',
        PATH: process.env.PATH,
        REDIS_URL: stores.redisUrl,
        DATABASE_URL: stores.databaseUrl,
        ONECOUNT_SECRET: 'x'.repeat(40),
        ...env,
      },
    })
    const output = outputOf(child)
    const ended = new Promise<Ended>(resolve => child.on('close', code => resolve({ code, ...output })))
    return { child, output, ended }
  }

  const run = (args: string[], env?: Record<string, string>, bin?: string) => start(args, env, bin).ended

  return {
    /** Where the command runs. */
    folder,
    start,
    run,

    /** What it prints with --json. */
    async json(args: string[], env?: Record<string, string>) {
      const { code, out, err } = await run([...args, '--json'], env)
      return { code, report: out ? JSON.parse(out) : null, err }
    },

    /** Every post is in both stores, liked by ana and ben. */
    async begin(): Promise<Onecount> {
      await stores.begin(POSTS)
      const app = stores.instance()
      await app.hydrateAll()
      for (const { id } of POSTS) for (const session of ['ana', 'ben']) await app.set(id, session, true)
      await app.drainer.flush()
      return app
    },

    /** Postgres comes back without ana's like of one post, and with one of dora on another. */
    damage: () =>
      stores.unnoticed(async sql => {
        await sql`delete from post_ratings where post_id = ${POST.id} and session_id = 'ana'`
        await sql`update posts_new set likes = likes - 1 where id = ${POST.id}`
        await sql`insert into post_ratings (post_id, session_id, op) values (${OTHER.id}, 'dora', 3)`
        await sql`update posts_new set likes = likes + 1 where id = ${OTHER.id}`
      }),

    stop: () => rm(folder, { recursive: true }),
  }
}

export type Cli = Awaited<ReturnType<typeof startCli>>
