import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PACKAGE, REPOSITORY } from '../../packages/onecount/test/package/packed'

const EXAMPLES = join(REPOSITORY, 'examples')
const MOST_LINES = 30
/** `examples/articles` is that of docs/adopt.md. */
const NAMES = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter(entry => entry.isDirectory() && !['articles', 'node_modules'].includes(entry.name))
  .map(({ name }) => name)

const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8')
const guide = read('docs/frameworks.md')
/** Code of the guide, by the file that it names. */
const blocks = [...guide.matchAll(/^`(examples\/[^`]+)`\n\n```\w+\n(.*?)\n```$/gms)].map(
  ([, path, code]) => [path!, code!] as const,
)

/** Files that the application has with or without likes. */
const OWN = /^(posts|page)\.|^package\.json$|^app\.html$/
const OF_BUILDS = ['node_modules', 'build', 'dist', '.next', '.svelte-kit', '.react-router', '.astro']
const OF_ONECOUNT =
  /onecount|likes|one-count|OneCount|openPage|handler|listener|states|page\b|element|\bapi\b|NEXT_RUNTIME/i

/** Lines of an example that onecount needs: all of the file that opens it, and those that use it elsewhere. */
function linesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    if (OF_BUILDS.includes(entry.name)) return []
    if (entry.isDirectory()) return linesOf(join(folder, entry.name))
    const opens = /^likes\./.test(entry.name)
    if (!opens && OWN.test(entry.name)) return []
    const lines = readFileSync(join(folder, entry.name), 'utf8').split('\n')
    return lines.filter(line => line.trim() && (opens || OF_ONECOUNT.test(line)))
  })
}

describe('docs/frameworks.md', () => {
  it.each(blocks)('has the code of %s as it is', (path, code) => {
    expect(code).toBe(read(path).trimEnd())
  })

  it.each(NAMES)('shows examples/%s', name => {
    expect(guide).toContain(`(../examples/${name})`)
    expect(blocks.map(([path]) => path.split('/')[1])).toContain(name)
  })
})

describe('the examples', () => {
  it.each(NAMES)('%s: less than 30 lines are of onecount', name => {
    const lines = linesOf(join(EXAMPLES, name))
    expect(lines.length).toBeGreaterThan(10)
    expect(lines.length).toBeLessThan(MOST_LINES)
  })

  it('open onecount in the same way where nothing is built', () => {
    const files = ['node', 'express', 'hono', 'fastify'].map(name => read(`examples/${name}/likes.js`))
    expect(new Set(files).size).toBe(1)
  })

  it.each(NAMES)('%s names the versions that it is tested with', name => {
    const { dependencies, devDependencies } = JSON.parse(read(`examples/${name}/package.json`))
    const beside = JSON.parse(read('examples/package-lock.json')).packages
    const above = JSON.parse(read('package-lock.json')).packages
    const own = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')).version
    for (const [module, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      const entry = dependencies.next ? undefined : beside[`node_modules/${module}`]
      const tested = module === 'onecount' ? own : (entry ?? above[`node_modules/${module}`]).version
      expect(`${module} ${version}`).toBe(`${module} ${tested}`)
    }
  })
})
