import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_SETTINGS } from 'onecount'
import ts from 'typescript'
import { afterAll, describe, expect, it } from 'vitest'
import { readPages } from '../scripts/reference/pages'
import { entries, parseSources } from '../scripts/reference/sources'
import { findOptions, isPlain, type Option } from './support/defaults'

const read = (files: string[]): Option[] =>
  findOptions(
    parseSources(files, { lib: ['lib.es2022.d.ts'], strict: true, target: ts.ScriptTarget.ES2022 }),
    files,
  )

/** What a tag says of a value in words: where the code computes it, or an option has none. */
const isInWords = (documented: string): boolean => !isPlain(documented)

/** A tag that names another value than the code takes, or one where it takes none. */
const wrongTags = (options: Option[]): string[] =>
  options.flatMap(({ name, documented, used }) =>
    documented === undefined ||
    (used.length > 0 && used.every(value => value === documented)) ||
    (isInWords(documented) && !used.some(isTelling)) ||
    // What is left out is not true.
    (documented === 'false' && used.length === 0)
      ? []
      : `${name}: @default ${documented}, and the code takes ${[...new Set(used)].join(' and ') || 'none'}`,
  )

/** What the code takes tells more than that an option is off, empty or none. */
const isTelling = (value: string): boolean => isPlain(value) && !['false', 'null', `''`].includes(value)

/** Of types that hold options: others describe rows, ports and the environment. */
const hidden = (options: Option[]): string[] =>
  options.flatMap(({ name, documented, used }) =>
    /^\w*(Options|Config|Settings|Props)\./.test(name) && documented === undefined && used.some(isTelling)
      ? `${name}: the code takes ${used.find(isTelling)}, and its docstring has no @default`
      : [],
  )

/** An option in the parameters of a function is told of in the docstring of that. */
const untold = (options: Option[]): string[] =>
  options.flatMap(({ name, prose, used }) =>
    prose === undefined || !used.some(value => /^\d+$/.test(value))
      ? []
      : used
          .filter(value => /^\d+$/.test(value) && !prose.replace(/(?<=\d)[,_](?=\d{3})/g, '').includes(value))
          .map(
            value => `${name}: the code takes ${value}, and the docstring of the function does not say so`,
          ),
  )

const options = read(entries().map(([, file]) => file))

describe('the default of an option', () => {
  it('is what its docstring says, for every @default', () => {
    expect(options.filter(({ documented }) => documented !== undefined).length).toBeGreaterThan(20)
    expect(wrongTags(options)).toEqual([])
  })

  it('is what its docstring says, for every setting', () => {
    const settings = readPages().flatMap(({ entries }) => entries.filter(({ name }) => name === 'Settings'))
    const told = settings.flatMap(({ fields }) => fields.map(({ name, doc }) => [name, doc.default]))
    expect(told).toEqual(Object.entries(DEFAULT_SETTINGS).map(([name, value]) => [name, String(value)]))
  })

  it('is in its docstring, where it is a plain value', () => {
    expect(hidden(options)).toEqual([])
  })

  it('is in the docstring of the function that takes it by itself, where it is a number', () => {
    expect(untold(options)).toEqual([])
  })
})

describe('the reader of defaults', () => {
  const folder = mkdtempSync(join(tmpdir(), 'onecount-defaults-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const options = (source: string) => {
    const file = join(folder, 'index.ts')
    writeFileSync(file, source)
    return read([file])
  }
  const ONE = `export interface OneOptions {
  /**
   * A.
   * @default 5000
   */
  ms?: number
}
`

  it.each([
    ['a pattern of parameters', 'export const run = ({ ms = 5000 }: OneOptions) => ms'],
    ['a pattern with another name', 'export const run = ({ ms: late = 5_000 }: OneOptions) => late'],
    ['a constant', 'const MS = 5 * 1000\nexport const run = ({ ms = MS }: OneOptions = {}) => ms'],
    [
      'a field of a constant',
      'const ALL = { ms: 5000 } as const\nexport const run = (o: OneOptions) => o.ms ?? ALL.ms',
    ],
    ['a part of the type', 'export const run = ({ ms = 5000 }: Partial<Pick<OneOptions, "ms">>) => ms'],
    ['a value that may be absent', 'export const run = (o?: OneOptions) => o?.ms ?? 5000'],
    ['what is handed on', 'const go = (n = 5000) => n\nexport const run = (o: OneOptions) => go(o.ms)'],
    [
      'what is handed on by name',
      'const go = (n = 5000) => n\nexport const run = ({ ms }: OneOptions) => go(ms)',
    ],
  ])('finds %s', (_, code) => {
    expect(wrongTags(options(ONE + code))).toEqual([])
    expect(wrongTags(options(ONE.replace('5000', '500') + code))).toEqual([
      'OneOptions.ms: @default 500, and the code takes 5000',
    ])
    expect(hidden(options(ONE.replace('@default 5000', '') + code))).toEqual([
      'OneOptions.ms: the code takes 5000, and its docstring has no @default',
    ])
  })

  it('takes words for what the code computes alone', () => {
    const inWords = ONE.replace('5000', 'that of the machine')
    expect(wrongTags(options(`${inWords}export const run = (o: OneOptions) => o.ms ?? Date.now()`))).toEqual(
      [],
    )
    expect(wrongTags(options(`${inWords}export const run = (o: OneOptions) => o.ms ?? 5000`))).toEqual([
      'OneOptions.ms: @default that of the machine, and the code takes 5000',
    ])
  })

  it('finds what a comparison with a value leaves to the rest', () => {
    const one = ONE.replace('number', 'boolean').replace('5000', 'true')
    const code = (compared: string) => `${one}export const run = (o: OneOptions) => o.ms === ${compared}`
    expect(wrongTags(options(code('false')))).toEqual([])
    expect(wrongTags(options(code('true')))).toEqual([
      'OneOptions.ms: @default true, and the code takes false',
    ])
  })

  it('finds two places that differ, and a tag of no place', () => {
    const two = 'export const run = (o: OneOptions) => (o.ms ?? 5000) + (o.ms ?? 4000)'
    expect(wrongTags(options(ONE + two))).toEqual([
      'OneOptions.ms: @default 5000, and the code takes 5000 and 4000',
    ])
    expect(wrongTags(options(ONE))).toEqual(['OneOptions.ms: @default 5000, and the code takes none'])
  })

  it('reads the docstring of a function whose option is written into its parameters', () => {
    const code = (doc: string) =>
      `/** ${doc} */\nexport function run({ most = 20_000 }: { most?: number } = {}) { return most }`
    expect(untold(options(code('At most 20,000.')))).toEqual([])
    expect(untold(options(code('At most 2,000.')))).toEqual([
      'run.most: the code takes 20000, and the docstring of the function does not say so',
    ])
  })
})
