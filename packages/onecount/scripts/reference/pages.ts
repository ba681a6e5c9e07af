import { relative } from 'node:path'
import ts from 'typescript'
import { createDescriber, type NameOfReturn } from './describe'
import { readModuleDoc } from './docstring'
import { anchorOf } from './markdown'
import { GROUPS, type Page } from './model'
import { entries, exportsOf, PACKAGE, parseSources } from './sources'
import { isInferred } from './types'

/** The pages of all subpaths, each name explained on one of them. */
export function readPages(): Page[] {
  const subpaths = entries().filter(([subpath]) => subpath !== './element/bundle')
  const files = subpaths.map(([, file]) => file)
  const program = parseSources(files, {
    lib: ['lib.es2022.d.ts'],
    strict: true,
    target: ts.ScriptTarget.ES2022,
  })
  const checker = program.getTypeChecker()
  const homes = new Map<ts.Symbol, Page>()
  const pages = subpaths.map(([subpath, file]): [Page, ts.Symbol[], string] => {
    const name = subpath.replace(/^\.\/?/, '')
    const page: Page = {
      subpath: name ? `onecount/${name}` : 'onecount',
      file: `${name.replaceAll('/', '-') || 'onecount'}.md`,
      intro: readModuleDoc(program.getSourceFile(file)!),
      entries: [],
      elsewhere: [],
      anchors: new Map(),
    }
    return [page, exportsOf(program, file), file]
  })
  for (const [page, symbols, file] of pages)
    for (const symbol of symbols) {
      const known = homes.get(symbol)
      if (!known || isDeclaredBeside(file, symbol)) homes.set(symbol, page)
    }
  const describe = createDescriber(
    checker,
    symbol => homes.has(symbol),
    namesOfReturns(checker, [...homes.keys()]),
  )
  for (const [page, symbols] of pages)
    for (const symbol of symbols) {
      const home = homes.get(symbol)!
      const entry = describe(symbol.name, symbol)
      if (home === page) page.entries.push(entry)
      else page.elsewhere.push({ entry, page: home })
    }
  for (const [page] of pages) nameHeadings(page)
  return pages.map(([page]) => page)
}

/** In their order: of two headings that differ in case alone the second has another address. */
function nameHeadings({ subpath, entries, anchors }: Page): void {
  entries.sort((a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group) || compare(a.name, b.name))
  const used = new Set([anchorOf(subpath)])
  const add = (heading: string) => {
    let anchor = anchorOf(heading)
    for (let n = 1; used.has(anchor); n++) anchor = `${anchorOf(heading)}-${n}`
    used.add(anchor)
    return anchor
  }
  for (const { name, methods } of entries) {
    anchors.set(name, add(name))
    for (const method of methods) add(`${name}.${method.name}`)
  }
}

const compare = (a: string, b: string): number => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)

/** Finds `type Keys = ReturnType<typeof createKeys>` by the declaration of the function. */
function namesOfReturns(checker: ts.TypeChecker, symbols: ts.Symbol[]): NameOfReturn {
  const names = new Map<ts.Node | undefined, string>()
  for (const { name, declarations = [] } of symbols)
    for (const declaration of declarations) {
      if (!ts.isTypeAliasDeclaration(declaration) || !isInferred(declaration.type)) continue
      const [argument] = (declaration.type as ts.TypeReferenceNode).typeArguments ?? []
      if (!argument || !ts.isTypeQueryNode(argument)) continue
      names.set(checker.getSymbolAtLocation(argument.exprName)?.declarations?.[0], name)
    }
  return signature => names.get(signature)
}

/** Whether a name belongs to a subpath rather than to others that export it too. */
function isDeclaredBeside(entry: string, symbol: ts.Symbol): boolean {
  const declared = symbol.declarations?.[0]?.getSourceFile().fileName ?? ''
  const folder = relative(PACKAGE, entry).replace(/\/[^/]+$/, '/')
  return folder !== 'src/' && entry.endsWith('/index.ts') && relative(PACKAGE, declared).startsWith(folder)
}
