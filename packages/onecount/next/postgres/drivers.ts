import type { Sql } from 'postgres'
import { postgresJsRpc } from '../../src/postgres/postgresjs'
import type { PostgresPort } from '../core/ports'
import { postgresPort } from './port'

/** Postgres directly, through postgres.js; see `postgresJsPort` of the present core for what it needs of the client. */
export const postgresJsPort = (sql: Sql, options?: { timeoutMs?: number }): PostgresPort =>
  postgresPort(postgresJsRpc(sql, options))
