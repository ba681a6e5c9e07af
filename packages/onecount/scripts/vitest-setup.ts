import { preparePostgres } from '@onecount/dev-stack/postgres-server'
import { prepareSupabase } from '@onecount/dev-stack/supabase'
import { buildPackage } from './build'

/**
 * Tests start the command and pack the package: both must be what the present sources make. They start many servers
 * too, whose data folders are copies of one.
 */
export async function setup(): Promise<() => Promise<void>> {
  const [removePostgres, removeSupabase] = await Promise.all([
    preparePostgres(),
    prepareSupabase(),
    buildPackage(),
  ])
  return async () => {
    await Promise.all([removePostgres(), removeSupabase()])
  }
}
