import { join } from 'node:path'
import ts from 'typescript'
import { readPages } from '../../scripts/reference/pages'
import { entries, exportsOf, PACKAGE, parseSources } from '../../scripts/reference/sources'
import { BESIDE, NAMES, NAMES_OF } from './example-names'

/** An `@example` of a docstring. */
export interface Example {
  /** `onecount/react LikesView.toggle` */
  title: string
  subpath: string
  /** `LikesView.toggle` */
  of: string
  code: string
}

/** Every example of everything that can be imported, but for HTML. */
export function readExamples(): Example[] {
  return readPages().flatMap(({ subpath, entries }) =>
    entries.flatMap(entry =>
      [entry, ...entry.methods].flatMap(member => {
        const of = member === entry ? entry.name : `${entry.name}.${member.name}`
        return member.doc.examples
          .filter(code => !code.startsWith('<script type='))
          .map((code, index) => ({
            title: `${subpath} ${of}${index > 0 ? ` (${index + 1})` : ''}`,
            subpath,
            of,
            code,
          }))
      }),
    ),
  )
}

/** From which subpath each name of the package can be imported; the page's own comes first. */
function subpathsOfNames(): Map<string, string[]> {
  const all = entries()
  const program = parseSources(all.map(([, file]) => file))
  const found = new Map<string, string[]>()
  for (const [subpath, file] of all)
    for (const { name } of exportsOf(program, file))
      found.set(name, [...(found.get(name) ?? []), subpath.replace(/^\./, 'onecount')])
  return found
}

/** Names that a text uses, but for those of properties. */
function namesIn(code: string): Set<string> {
  const file = ts.createSourceFile('example.tsx', code, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TSX)
  const names = new Set<string>()
  const visit = (node: ts.Node): void => {
    const isProperty =
      ts.isPropertyAccessExpression(node.parent ?? node) &&
      (node.parent as ts.PropertyAccessExpression).name === node
    if (ts.isIdentifier(node) && !isProperty) names.add(node.text)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return names
}

/** Names that a module imports by itself. */
const importedIn = (code: string): string[] =>
  [...code.matchAll(/^import (?:\{ ([^}]+) \}|(\w+)) from/gm)].flatMap(([, names, all]) =>
    all ? [all] : names!.split(/,\s*/),
  )

/** An example as a module: with what it names, and in a function where it is a part of one. */
function toModule({ subpath, of, code }: Example, subpaths: Map<string, string[]>): string {
  const source = code.replace(/<\/?script>/g, '').replace(/<button aria-pressed=\{\$[\s\S]*$/, '')
  const own = new Set(importedIn(source))
  const owner = of.split('.')[0]!
  const given = { ...NAMES, ...NAMES_OF[subpath], ...NAMES_OF[owner], ...NAMES_OF[of] }
  const isModule = /^(import|export) /m.test(source)
  const declared = [...source.matchAll(/^(?:export const|let) (\w+)/gm)].map(([, name]) => name!)
  const head: string[] = []
  for (const name of namesIn(source)) {
    const from = subpaths.get(name)
    if (own.has(name) || declared.includes(name)) continue
    if (Object.hasOwn(given, name)) head.push(given[name]!)
    else if (from) head.push(`import { ${name} } from '${from.includes(subpath) ? subpath : from[0]}'`)
  }
  const body = isModule ? source : `export async function example() {\n${source}\n}`
  return `${head.join('\n')}\n${body}\n`
}

/** What the compiler has against the examples, by title. */
export function checkExamples(examples: Example[]): Map<string, string[]> {
  const root = join(PACKAGE, '../..')
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
  const folder = join(PACKAGE, 'test/support')
  const subpaths = subpathsOfNames()
  const texts = new Map(
    examples.map((example, n) => [join(folder, `example-${n}.tsx`), toModule(example, subpaths)]),
  )
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = path => texts.has(path) || fileExists(path)
  host.readFile = path => texts.get(path) ?? readFile(path)
  host.getSourceFile = (path, target, ...rest) => {
    const text = texts.get(path)
    return text === undefined
      ? getSourceFile(path, target, ...rest)
      : ts.createSourceFile(path, text, target, true)
  }
  const names = [...texts.keys()]
  for (const [name, text] of Object.entries(BESIDE)) texts.set(join(folder, name), text)
  // Types are imported like values, so that an example needs to say which is which as little as a reader.
  const program = ts.createProgram(
    names,
    { ...options, incremental: false, verbatimModuleSyntax: false },
    host,
  )
  return new Map(
    examples.flatMap(({ title }, n) => {
      const file = program.getSourceFile(names[n]!)!
      const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
      const messages = found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
      return messages.length > 0 ? [[title, messages]] : []
    }),
  )
}
