import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { buildScripts } from '../scripts/lua-scripts'
import { createOnecount } from '../src/core/onecount'
import { SCRIPTS } from '../src/redis/scripts.generated'
import type { LuaScripts } from './keyspace'
import { createMemoryPostgres } from './memory-postgres'
import type { Rule } from './rule'

/** The code that is simulated: production's, or that with one rule switched off. */
export interface Engine {
  createOnecount: typeof createOnecount
  createMemoryPostgres: typeof createMemoryPostgres
  scripts: LuaScripts
  partitions: number
}

const PACKAGE = join(import.meta.dirname, '..')

export const productionEngine = (partitions = 1): Engine => ({
  createOnecount: options => createOnecount({ ...options, partitions }),
  createMemoryPostgres: options => createMemoryPostgres({ ...options, partitions }),
  scripts: SCRIPTS,
  partitions,
})

/**
 * An engine without a rule: with one other script, or with all modules bundled anew.
 * @throws Error when the rule's text is not in its file exactly once
 */
export async function engineWithout(rule: Rule): Promise<Engine> {
  const text = textWithout(rule)
  if (rule.file.endsWith('.lua')) return { ...productionEngine(), scripts: scriptsWith(rule.file, text) }
  return { ...productionEngine(), ...(await bundleWith(rule.file, text)) }
}

function textWithout({ name, file, find, replace }: Rule): string {
  const found = readFileSync(join(PACKAGE, file), 'utf8').split(find)
  if (found.length !== 2)
    throw new Error(`${file} has the text of "${name}" ${found.length - 1} times: ${find}`)
  return found.join(replace)
}

/** One file of the engine and of the Postgres in memory has another text. */
async function bundleWith(
  file: string,
  contents: string,
): Promise<Pick<Engine, 'createOnecount' | 'createMemoryPostgres'>> {
  const folder = mkdtempSync(join(tmpdir(), 'onecount-ablated-'))
  const outfile = join(folder, 'engine.mjs')
  try {
    await build({
      stdin: {
        contents: `export { createOnecount } from './src/core/onecount'
                   export { createMemoryPostgres } from './simulation/memory-postgres'`,
        resolveDir: PACKAGE,
      },
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'es2022',
      logLevel: 'error',
      outfile,
      plugins: [
        {
          name: 'without-a-rule',
          setup: ({ onLoad }) =>
            onLoad({ filter: /\.ts$/ }, ({ path }) =>
              path === join(PACKAGE, file) ? { contents, loader: 'ts' } : undefined,
            ),
        },
      ],
    })
    return await import(outfile)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function scriptsWith(file: string, text: string): LuaScripts {
  const read = (folder: string) =>
    new Map(
      readdirSync(join(PACKAGE, folder))
        .filter(name => name.endsWith('.lua'))
        .sort()
        .map(name => [folder + name, readFileSync(join(PACKAGE, folder, name), 'utf8')]),
    )
  const [scripts, includes] = [read('lua/'), read('lua/includes/')]
  for (const files of [scripts, includes]) if (files.has(file)) files.set(file, text)
  return Object.fromEntries(
    buildScripts(scripts, includes).scripts.map(script => [script.name, script]),
  ) as unknown as LuaScripts
}
