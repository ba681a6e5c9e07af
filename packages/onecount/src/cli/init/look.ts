import type { Sql } from 'postgres'
import { withTimeout } from '../../core/with-timeout'
import { openSql } from '../connect'
import { postgresFailure } from '../unreachable'

/** A look takes longer than this only where nothing answers, milliseconds. */
const PATIENCE_MS = 15_000

/** Asks the database over a connection of its own. @throws Unreachable */
export async function lookInto<T>(databaseUrl: string, look: (sql: Sql) => PromiseLike<T>): Promise<T> {
  const open = await openSql(databaseUrl, 1)
  const sql = open()
  try {
    return await withTimeout(Promise.resolve(look(sql)), PATIENCE_MS, () => {
      throw new Error(`no answer within ${PATIENCE_MS} ms`)
    })
  } catch (error) {
    throw postgresFailure(error, { redisUrl: '', databaseUrl })
  } finally {
    await sql.end({ timeout: 0 })
  }
}
