import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

export const PACKAGE = join(import.meta.dirname, '../..')

/** The source of every subpath that is exported. */
export function entries(): [subpath: string, file: string][] {
  const { exports } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'))
  return Object.entries<{ default?: string }>(exports).flatMap(([subpath, { default: file }]) =>
    file ? [[subpath, join(PACKAGE, file.replace('./dist/', 'src/').replace(/\.js$/, '.ts'))]] : [],
  )
}

/** The sources alone, without the packages that they import: their docstrings need no types of others. */
export function parseSources(files: string[], more: ts.CompilerOptions = { noLib: true }): ts.Program {
  const options: ts.CompilerOptions = { types: [], jsx: ts.JsxEmit.ReactJSX, ...more }
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

/** What a module exports, without the names that lead to it. */
export function exportsOf(program: ts.Program, file: string): ts.Symbol[] {
  const checker = program.getTypeChecker()
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)
  return (module ? checker.getExportsOfModule(module) : []).map(symbol =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
  )
}
