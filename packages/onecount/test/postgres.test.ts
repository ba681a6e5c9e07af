import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { startSupabase } from '@onecount/dev-stack/supabase'
import { postgresJsPort, supabasePort } from 'onecount/postgres'
import { postgresContract } from 'onecount/testing'
import { connect, migrate, ownersTables, servicesTables, supabaseClient } from './support/databases'
import { forAllTests } from './support/for-all-tests'

const server = forAllTests(() => startPostgresServer({ fsync: false }))

postgresContract('postgres.js on PostgreSQL', async () => {
  const url = await server.createDatabase('direct')
  await migrate(url)
  const sql = connect(url)
  return { port: postgresJsPort(sql), ...ownersTables(sql), close: () => sql.end() }
})

postgresContract('supabase-js on PostgreSQL', async () => {
  const url = await server.createDatabase('behind_rest')
  await migrate(url)
  const supabase = await startSupabase({ databaseUrl: url })
  const sql = connect(url)
  return {
    port: supabasePort(supabaseClient(supabase.url, supabase.secretKey)),
    ...ownersTables(sql),
    async close() {
      await supabase.stop()
      await sql.end()
    },
  }
})

postgresContract('supabase-js on the embedded Supabase', async () => {
  const supabase = await startSupabase()
  const client = supabaseClient(supabase.url, supabase.secretKey)
  return { port: supabasePort(client), ...servicesTables(client), close: () => supabase.stop() }
})
