/**
 * The drivers for Postgres: directly with `postgres`, through a Supabase client, or through a function of your own.
 * @module
 */

export { type KindSqlOptions, kindSql } from './kind-sql'
export {
  connectPostgresJs,
  type PostgresJsClient,
  type PostgresJsConnection,
  type PostgresJsOptions,
  postgresJsPort,
} from './postgresjs'
export { type PostgresPortOptions, postgresPort, type Rpc, type RpcArgs } from './rpc'
export { type SupabasePortOptions, type SupabaseRpcClient, supabasePort } from './supabase'
