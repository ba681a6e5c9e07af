import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import type { Callable, Entry } from '../scripts/reference/model'
import { readPages } from '../scripts/reference/pages'
import { isFilledIn } from '../scripts/reference/render'
import { entries, exportsOf, parseSources } from '../scripts/reference/sources'
import { unexportedIn } from './support/unexported'

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

describe('every export of the package is explained', () => {
  it.each(all)('%s: every name has a docstring, and every function an example', (_, file) => {
    const lacking = exportsOf(program, file).flatMap(meant => {
      const { name } = meant
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

/** What is used of objects that others make has the form that they have. */
const OF_OTHERS = [
  'PostgresJsClient',
  'BroadcastChannel',
  'SupabaseBroadcastClient',
  'Meter',
  'MeterObservable',
]
/** Authors of a driver or a transport write these. The names of keys are all alike. */
const NOT_CALLED = [/Port$/, /Transport$/, /^Keys$/]
/** Told where they are used: a cache that bindings alone see, and types whose members the reference has there. */
const TOLD_ELSEWHERE = ['LikesCache', 'Queries', 'Look', 'ProviderOptions', 'Base']

const pages = readPages()
const explained = pages.flatMap(({ entries }) => entries)

/** Types that functions of the package answer: people call their methods. */
const made = new Set(
  explained.flatMap(({ group, code }) =>
    group === 'functions' ? (/\)(?:: )(?:Promise<)?(\w+)/.exec(code)?.[1] ?? []) : [],
  ),
)
const isCalledByUsers = ({ name, group }: Entry) =>
  (made.has(name) || group === 'classes' || /Drainer$/.test(name)) && !NOT_CALLED.some(of => of.test(name))

/** What every entry lacks, as `Entry.member`. */
const lacking = (find: (entry: Entry) => string[]): string[] =>
  explained.flatMap(entry => find(entry).map(name => `${entry.name}.${name}`))
const namesOf = (members: { name: string }[]): string[] => members.map(({ name }) => name)

describe('the reference', () => {
  it('says of each subpath what it is for', () => {
    expect(pages.length).toBeGreaterThan(15)
    expect(pages.filter(({ intro }) => intro === '').map(({ subpath }) => subpath)).toEqual([])
  })

  it('explains every option, property and method', () => {
    const unexplained = (members: { name: string; doc: { text: string } }[]) =>
      namesOf(members.filter(({ doc }) => doc.text === ''))
    expect(lacking(({ fields, methods }) => unexplained([...fields, ...methods]))).toEqual([])
  })

  it('has what counts where an option is left out, of each one that may be', () => {
    const options = explained.filter(({ name }) => isFilledIn(name))
    expect(options.length).toBeGreaterThan(50)
    const untold = options.flatMap(({ name, fields }) =>
      fields
        .filter(({ isOptional, doc }) => isOptional && !doc.default)
        .map(field => `${name}.${field.name}`),
    )
    expect(untold).toEqual([])
  })

  it('has an example of every method that people call', () => {
    expect(explained.filter(isCalledByUsers).length).toBeGreaterThan(12)
    const without = (methods: Callable[]) => namesOf(methods.filter(({ doc }) => doc.examples.length === 0))
    expect(lacking(entry => (isCalledByUsers(entry) ? without(entry.methods) : []))).toEqual([])
  })

  it('has a name for every object of options', () => {
    const inline = explained.flatMap(entry =>
      OF_OTHERS.includes(entry.name)
        ? []
        : [
            ...[entry, ...entry.methods].flatMap(({ params }) => params),
            ...(isFilledIn(entry.name) ? entry.fields : []),
          ]
            .filter(({ type }) => /^(\w+ & )?\{[^}]*\?:/.test(type))
            .map(({ name }) => `${entry.name}: ${name}`),
    )
    expect(inline).toEqual([])
  })

  it('has an entry for every type of the package that a declaration names', () => {
    const names = new Set(all.flatMap(([, file]) => exportsOf(program, file)))
    const missing = [...names].flatMap(symbol =>
      unexportedIn(checker, symbol, named => names.has(named))
        .filter(name => !TOLD_ELSEWHERE.includes(name))
        .map(name => `${symbol.name}: ${name}`),
    )
    expect(missing).toEqual([])
  })
})
