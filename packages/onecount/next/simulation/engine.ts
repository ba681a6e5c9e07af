import { join } from 'node:path'
import { type Engine, scriptsIn, withoutRule } from '../../simulation/engine'
import type { Rule } from '../../simulation/rules'
import type { createOnecount } from '../core/onecount'
import { kitFor } from './kit'
import type { createMemoryPostgres } from './memory-postgres'

interface Parts {
  createOnecount: typeof createOnecount
  createMemoryPostgres: typeof createMemoryPostgres
}

/** The next core in a copy of the package, for the worlds of the simulation. */
export async function engineOf(root: string, partitions: number): Promise<Engine> {
  const [core, postgres] = (await Promise.all([
    import(join(root, 'next/core/onecount.ts')),
    import(join(root, 'next/simulation/memory-postgres.ts')),
  ])) as [Pick<Parts, 'createOnecount'>, Pick<Parts, 'createMemoryPostgres'>]
  const parts: Parts = {
    createOnecount: options => core.createOnecount({ ...options, partitions }),
    createMemoryPostgres: options => postgres.createMemoryPostgres({ ...options, partitions }),
  }
  // The worlds ask no more of the present core than what both have.
  return {
    ...(parts as unknown as Engine),
    scripts: scriptsIn(join(root, 'next/lua')),
    kit: kitFor(partitions),
  }
}

/** What of the package is copied to run it without a rule. */
const PARTS = [
  'next/core',
  'next/lua',
  'next/simulation/memory-postgres.ts',
  'next/simulation/memory-tables.ts',
  'src/core',
]

export const nextWithout = (rule: Rule): Promise<Engine> =>
  withoutRule(rule, PARTS, root => engineOf(root, 1))
