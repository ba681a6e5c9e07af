import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import ts from 'typescript'

/**
 * Removes from a built package the declarations that none of its entries leads to: nobody can import what they declare.
 * @param entries paths in `outDir` of the declarations that package.json names
 */
export function dropDeclarations(outDir: string, entries: readonly string[]): void {
  const reached = new Set<string>()
  const waiting = entries.map(entry => resolve(outDir, entry))
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue
    reached.add(path)
    for (const { fileName } of ts.preProcessFile(readFileSync(path, 'utf8')).importedFiles)
      if (fileName.startsWith('.')) waiting.push(resolve(dirname(path), fileName.replace(/\.js$/, '.d.ts')))
  }
  for (const name of readdirSync(outDir, { recursive: true, encoding: 'utf8' })) {
    const path = join(outDir, name)
    if (name.endsWith('.d.ts') && !reached.has(path)) rmSync(path)
  }
}
