import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const PACKAGE = join(import.meta.dirname, '..')

/** The source of every subpath that is exported. */
function entries(): [subpath: string, file: string][] {
  const { exports } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'))
  return Object.entries<{ default?: string }>(exports).flatMap(([subpath, { default: file }]) =>
    file ? [[subpath, join(PACKAGE, file.replace('./dist/', 'src/').replace(/\.js$/, '.ts'))]] : [],
  )
}

/** The sources alone, without the packages that they import: their docstrings need no types of others. */
function parseSources(files: string[]): ts.Program {
  const options: ts.CompilerOptions = { noLib: true, types: [], jsx: ts.JsxEmit.ReactJSX }
  const host = ts.createCompilerHost(options)
  host.resolveModuleNameLiterals = (names, from) =>
    names.map(({ text }) => {
      const path = join(from, '..', text)
      const found = [`${path}.ts`, `${path}.tsx`, join(path, 'index.ts')].find(ts.sys.fileExists)
      return {
        resolvedModule:
          text.startsWith('.') && found
            ? { resolvedFileName: found, extension: found.endsWith('x') ? ts.Extension.Tsx : ts.Extension.Ts }
            : undefined,
      }
    })
  return ts.createProgram(files, options, host)
}

/** A function or a class, and not the value that a call answers. */
function isCalled(declaration: ts.Declaration): boolean {
  const value = ts.isVariableDeclaration(declaration) ? declaration.initializer : declaration
  return (
    value !== undefined &&
    [ts.isFunctionDeclaration, ts.isArrowFunction, ts.isClassDeclaration].some(is => is(value))
  )
}

const all = entries()
const program = parseSources(all.map(([, file]) => file))
const checker = program.getTypeChecker()

describe('what the package exports is explained', () => {
  it.each(all)('%s: every name has a docstring, and what is called an example', (_, file) => {
    const exported = checker.getSymbolAtLocation(program.getSourceFile(file)!)
    const lacking = (exported ? checker.getExportsOfModule(exported) : []).flatMap(symbol => {
      const { name } = symbol
      const meant = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      const [declaration] = meant.declarations ?? []
      if (!declaration) return []
      const tags = meant.getJsDocTags(checker).map(tag => tag.name)
      return [
        ...(meant.getDocumentationComment(checker).length > 0 ? [] : [`${name}: no docstring`]),
        ...(isCalled(declaration) && !tags.includes('example') ? [`${name}: no @example`] : []),
      ]
    })
    expect(lacking).toEqual([])
  })
})
