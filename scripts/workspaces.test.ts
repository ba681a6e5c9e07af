import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const PACKAGES = join(import.meta.dirname, '../packages')

/** Every TypeScript and JavaScript file of a package, by path from its folder. */
const sourcesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(path => /\.(ts|tsx|mjs)$/.test(path) && !/(^|\/)(node_modules|dist[^/]*)\//.test(path))
    .sort()

/** Names of the packages that a package may import: its own, and those that its package.json declares. */
function declaredBy(folder: string): Set<string> {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const { dependencies, devDependencies, peerDependencies } = manifest
  return new Set([
    manifest.name,
    ...Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies }),
  ])
}

/** `@scope/name/path` and `name/path` without the path. */
const packageOf = (specifier: string) => /^(@[^/]+\/)?[^/]+/.exec(specifier)![0]

/** Imports of a package that only this repository could resolve, as `file: specifier`. */
function strayImports(folder: string): string[] {
  const declared = declaredBy(folder)
  const isOwn = (file: string, specifier: string) =>
    specifier.startsWith('.')
      ? !relative(folder, resolve(folder, file, '..', specifier)).startsWith('..')
      : specifier.startsWith('node:') || declared.has(packageOf(specifier))
  return sourcesOf(folder).flatMap(file =>
    ts
      .preProcessFile(readFileSync(join(folder, file), 'utf8'))
      .importedFiles.map(({ fileName }) => fileName)
      .filter(specifier => !isOwn(file, specifier))
      .map(specifier => `${file}: ${specifier}`),
  )
}

describe.each(['onecount', 'dev-stack'])('packages/%s', name => {
  it('imports its own files and the packages that it declares, nothing else of the repository', () => {
    const folder = join(PACKAGES, name)
    expect(sourcesOf(folder).length).toBeGreaterThan(20)
    expect(strayImports(folder)).toEqual([])
  })

  it('has no source of 300 lines or more, but what is generated and tests', () => {
    const lines = (path: string) =>
      readFileSync(join(PACKAGES, name, path), 'utf8')
        .trimEnd()
        .split('\n').length
    const sources = sourcesOf(join(PACKAGES, name)).filter(
      path => path.startsWith('src/') && !/\.(generated|test)\./.test(path),
    )
    expect(sources.length).toBeGreaterThan(10)
    expect(sources.filter(path => lines(path) >= 300)).toEqual([])
  })
})
