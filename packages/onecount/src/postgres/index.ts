export { type KindSqlOptions, kindSql } from './kind-sql'
export { connectPostgresJs, type PostgresJsClient, postgresJsPort } from './postgresjs'
export { postgresPort, type Rpc, type RpcArgs } from './rpc'
export { type SupabaseRpcClient, supabasePort } from './supabase'
