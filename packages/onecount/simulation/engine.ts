import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildScripts } from '../scripts/lua-scripts'
import type { createOnecount } from '../src/core/onecount'
import { SCRIPTS } from '../src/redis/scripts.generated'
import type { LuaScripts } from './keyspace'
import type { createMemoryPostgres } from './memory-postgres'
import type { Rule } from './rule'

/** The code that is simulated: production's, or that with one rule switched off. */
export interface Engine {
  createOnecount: typeof createOnecount
  createMemoryPostgres: typeof createMemoryPostgres
  scripts: LuaScripts
  partitions: number
}

const PACKAGE = join(import.meta.dirname, '..')

export async function productionEngine(partitions = 1): Promise<Engine> {
  const { createOnecount, createMemoryPostgres } = await load(PACKAGE)
  return {
    createOnecount: options => createOnecount({ ...options, partitions }),
    createMemoryPostgres: options => createMemoryPostgres({ ...options, partitions }),
    scripts: SCRIPTS,
    partitions,
  }
}

/** What of the package is copied to run it without a rule. */
const PARTS = [
  'src/core',
  'lua',
  ...readdirSync(join(PACKAGE, 'simulation'))
    .filter(name => /^memory-[a-z]+\.ts$/.test(name))
    .map(name => `simulation/${name}`),
]

export const engineWithout = (rule: Rule): Promise<Engine> =>
  withoutRule(rule, PARTS, async copy => ({
    ...(await load(copy)),
    scripts: scriptsIn(join(copy, 'lua')),
    partitions: 1,
  }))

/**
 * An engine without a rule, from a copy of its sources.
 * @throws Error when the rule's text is not in its file exactly once
 */
export async function withoutRule(
  rule: Rule,
  parts: readonly string[],
  build: (root: string) => Promise<Engine>,
): Promise<Engine> {
  const copy = mkdtempSync(join(tmpdir(), 'onecount-ablated-'))
  try {
    for (const part of parts) cpSync(join(PACKAGE, part), join(copy, part), { recursive: true })
    writeFileSync(join(copy, 'package.json'), '{ "type": "module" }')
    const file = join(copy, rule.file)
    const source = readFileSync(file, 'utf8')
    const found = source.split(rule.find)
    if (found.length !== 2)
      throw new Error(`${rule.file} has the text of "${rule.name}" ${found.length - 1} times: ${rule.find}`)
    writeFileSync(file, found.join(rule.replace))
    return await build(copy)
  } finally {
    rmSync(copy, { recursive: true })
  }
}

async function load(root: string): Promise<Omit<Engine, 'scripts' | 'partitions'>> {
  const [core, postgres] = await Promise.all([
    import(join(root, 'src/core/onecount.ts')) as Promise<Pick<Engine, 'createOnecount'>>,
    import(join(root, 'simulation/memory-postgres.ts')) as Promise<Pick<Engine, 'createMemoryPostgres'>>,
  ])
  return { createOnecount: core.createOnecount, createMemoryPostgres: postgres.createMemoryPostgres }
}

export function scriptsIn(folder: string): LuaScripts {
  const read = (sub: string) =>
    new Map(
      readdirSync(join(folder, sub))
        .filter(name => name.endsWith('.lua'))
        .sort()
        .map(name => [`lua/${sub}${name}`, readFileSync(join(folder, sub, name), 'utf8')]),
    )
  const { scripts } = buildScripts(read(''), read('includes/'))
  return Object.fromEntries(scripts.map(script => [script.name, script])) as unknown as LuaScripts
}
