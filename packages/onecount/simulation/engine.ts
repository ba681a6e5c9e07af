import type { createOnecount } from '../src/core/onecount'
import { SCRIPTS } from '../src/redis/scripts.generated'
import type { createMemoryPostgres } from './memory-postgres'
import type { LuaScripts } from './redis'

/** The code that is simulated: production's, or that with one rule taken out. */
export interface Engine {
  createOnecount: typeof createOnecount
  createMemoryPostgres: typeof createMemoryPostgres
  scripts: LuaScripts
}

export async function productionEngine(): Promise<Engine> {
  const [{ createOnecount }, { createMemoryPostgres }] = await Promise.all([
    import('../src/core/onecount'),
    import('./memory-postgres'),
  ])
  return { createOnecount, createMemoryPostgres, scripts: SCRIPTS }
}
