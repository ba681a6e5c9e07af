import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { createPgliteConnection } from '@supabase/lite/pglite'
import { createPostgresConnection } from '@supabase/lite/postgres'
import postgres from 'postgres'
import type { Listen } from '../realtime/feed'
import type { Exec } from '../services/migrations'
import { alone } from './alone'

/** The database behind the local Supabase, and the ways into it. */
export interface Database {
  connection: Awaited<ReturnType<typeof createPgliteConnection>> | ReturnType<typeof createPostgresConnection>
  exec: Exec
  listen: Listen
  /** Runs what a request needs of the database, apart from what other requests do. @throws what `work` throws */
  answer<T>(work: () => Promise<T>): Promise<T>
  /** Keeps what it holds now for those that start in memory after it, where a file was named for that. */
  prepare(): Promise<void>
  close(): Promise<void>
}

/**
 * PGlite in this process; without a folder its data is gone with it.
 *
 * @param prepared a file with the data that one in memory begins with, where it is there already: to make an empty
 * database takes seconds
 */
export async function openPglite(dir: string | undefined, prepared: string | undefined): Promise<Database> {
  const isPrepared = !dir && prepared !== undefined && existsSync(prepared)
  const connection = await createPgliteConnection({
    url: dir ?? 'memory://',
    ...(isPrepared && { pgliteOptions: { loadDataDir: new Blob([await readFile(prepared)]) } }),
  })
  const pglite = connection.driver
  return {
    connection,
    exec: async text => ((await pglite.exec(text)).at(-1)?.rows ?? []) as Record<string, unknown>[],
    listen: (channel, heard) => pglite.listen(channel, heard),
    answer: alone(() => pglite.exec('rollback')),
    async prepare() {
      if (dir || !prepared || isPrepared) return
      const data = await pglite.dumpDataDir('none')
      // Whole or not at all: several may start at once.
      const own = `${prepared}.${process.pid}`
      await writeFile(own, new Uint8Array(await data.arrayBuffer()))
      await rename(own, prepared)
    },
    close: () => connection.close(),
  }
}

/** A PostgreSQL server. */
export async function openPostgres(url: string): Promise<Database> {
  const connection = createPostgresConnection({ url })
  const sql = postgres(url, { max: 2, onnotice() {} })
  return {
    connection,
    exec: async text => {
      const rows = await sql.unsafe(text)
      return [...((Array.isArray(rows.at(-1)) ? rows.at(-1) : rows) as unknown as Record<string, unknown>[])]
    },
    listen: (channel, heard) => sql.listen(channel, heard),
    answer: work => work(),
    prepare: async () => {},
    async close() {
      await sql.end({ timeout: 2 })
      await connection.close()
    },
  }
}
