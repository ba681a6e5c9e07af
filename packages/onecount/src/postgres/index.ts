export { type KindSqlOptions, kindSql } from './kind-sql'
export { connectPostgresJs, postgresJsPort } from './postgresjs'
export { postgresPort, type Rpc, type RpcArgs } from './rpc'
export { supabasePort } from './supabase'
