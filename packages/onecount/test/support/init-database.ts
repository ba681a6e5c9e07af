import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import type { Sql } from 'postgres'
import { connect } from './databases'

/** A PostgreSQL with the tables of an application, for one test each. For `forAllTests`. */
export async function startApplications() {
  const server = await startPostgresServer({ fsync: false })
  let databases = 0
  const current = {
    url: '',
    sql: undefined as unknown as Sql,
    /** A new database with these tables. */
    async open(schema: string): Promise<void> {
      current.url = await server.createDatabase(`application_${databases++}`)
      current.sql = connect(current.url, { max: 1 })
      await current.sql.unsafe(schema)
    },
    end: () => current.sql?.end(),
    stop: () => server.stop(),
  }
  return current
}
