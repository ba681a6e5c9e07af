import postgres from 'postgres'

/** One pool a process, kept over the reloads of `next dev`. Connects with the first query. */
const shared = globalThis as { sql?: postgres.Sql }
shared.sql ??= postgres(process.env.DATABASE_URL ?? '')

export const { sql } = shared as { sql: postgres.Sql }
