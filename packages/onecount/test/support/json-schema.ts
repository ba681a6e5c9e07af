import { isDeepStrictEqual } from 'node:util'

/** A JSON Schema as it was parsed. */
export type JsonSchema = Record<string, unknown>

interface Judged {
  errors: string[]
  /** Paths of the members that the schema describes. */
  known: Set<string>
}

/** Errors of an instance by one keyword's value; empty: none. */
type Keyword = (wanted: never, value: unknown, at: string) => string[]

const TYPES: Record<string, (value: unknown) => boolean> = {
  null: value => value === null,
  boolean: value => typeof value === 'boolean',
  string: value => typeof value === 'string',
  number: value => typeof value === 'number',
  integer: value => Number.isInteger(value),
  array: Array.isArray,
  object: isObject,
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const unless = (isGood: boolean, text: string): string[] => (isGood ? [] : [text])
const ofNumbers =
  (word: string, isGood: (value: number, bound: number) => boolean): Keyword =>
  (bound, value, at) =>
    unless(typeof value !== 'number' || isGood(value, bound), `${at}: ${value} is not ${word} ${bound}`)
const lengthOf = (text: unknown): number => (typeof text === 'string' ? [...text].length : Number.NaN)

/** Keywords that look at a value alone. */
const KEYWORDS: Record<string, Keyword> = {
  type: (types: string | string[], value, at) =>
    unless(
      [types].flat().some(type => TYPES[type]!(value)),
      `${at}: ${JSON.stringify(value)} is no ${[types].flat().join(' or ')}`,
    ),
  const: (wanted: unknown, value, at) =>
    unless(
      isDeepStrictEqual(value, wanted),
      `${at}: ${JSON.stringify(value)} is not ${JSON.stringify(wanted)}`,
    ),
  enum: (all: unknown[], value, at) =>
    unless(
      all.some(wanted => isDeepStrictEqual(value, wanted)),
      `${at}: ${JSON.stringify(value)} is none of ${JSON.stringify(all)}`,
    ),
  minimum: ofNumbers('at least', (value, bound) => value >= bound),
  maximum: ofNumbers('at most', (value, bound) => value <= bound),
  minLength: (bound: number, value, at) => unless(!(lengthOf(value) < bound), `${at}: shorter than ${bound}`),
  maxLength: (bound: number, value, at) => unless(!(lengthOf(value) > bound), `${at}: longer than ${bound}`),
  pattern: (text: string, value, at) =>
    unless(
      typeof value !== 'string' || new RegExp(text, 'u').test(value),
      `${at}: "${value}" is not as ${text}`,
    ),
  format: (name: string, value, at) => {
    if (name !== 'date-time') throw new Error(`the format ${name} is not checked: teach json-schema.ts`)
    return unless(
      typeof value !== 'string' || /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value),
      `${at}: "${value}" is no ${name}`,
    )
  },
  required: (names: string[], value, at) =>
    isObject(value)
      ? names.filter(name => !Object.hasOwn(value, name)).map(name => `${at}: has no ${name}`)
      : [],
}
const NOTES = ['description']
const STRUCTURE = ['$ref', 'allOf', 'anyOf', 'properties', 'additionalProperties', 'items']

/**
 * Errors of a value by a schema of JSON Schema 2020-12. A member that the schema does not describe is an error too,
 * as if each schema of an object ended in `unevaluatedProperties: false`. A keyword that is not known here is an error of
 * the schema, so that nothing of it is passed over. Libraries of JSON Schema cannot ask for the first: the member of one
 * branch of `allOf` is unevaluated in the other.
 * @param root where `$ref` looks: `#/components/schemas/Error`
 */
export function checkSchema(root: JsonSchema, schema: JsonSchema, value: unknown, at = 'body'): string[] {
  const { errors, known } = judge(root, schema, value, at)
  const strange = membersOf(value, at).filter(path => !known.has(path))
  return [...errors, ...strange.map(path => `${path} is not described`)]
}

/** Paths of all members, of members too. */
const membersOf = (value: unknown, at: string): string[] => {
  if (Array.isArray(value)) return value.flatMap((item, i) => membersOf(item, `${at}[${i}]`))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, item]) => [
    `${at}.${name}`,
    ...membersOf(item, `${at}.${name}`),
  ])
}

function judge(root: JsonSchema, schema: JsonSchema, value: unknown, at: string): Judged {
  const unknown = Object.keys(schema).filter(
    name => !(name in KEYWORDS) && !STRUCTURE.includes(name) && !NOTES.includes(name),
  )
  if (unknown.length > 0) throw new Error(`${at}: ${unknown} is not checked: teach json-schema.ts`)
  const errors = Object.entries(schema).flatMap(([name, wanted]) =>
    name in KEYWORDS ? KEYWORDS[name]!(wanted as never, value, at) : [],
  )
  const { $ref, allOf = [], anyOf } = schema as { $ref?: string; allOf?: JsonSchema[]; anyOf?: JsonSchema[] }
  const parts = [...($ref ? [resolveRef(root, $ref)] : []), ...allOf].map(part =>
    judge(root, part, value, at),
  )
  if (anyOf) parts.push(judgeAny(anyOf.map(part => judge(root, part, value, at))))
  return join([{ errors, known: new Set() }, ...parts, ...judgeMembers(root, schema, value, at)])
}

/** All that fit describe the members; where none does, the errors of each. */
function judgeAny(parts: Judged[]): Judged {
  const fitting = parts.filter(({ errors }) => errors.length === 0)
  return join(fitting.length > 0 ? fitting : parts)
}

function judgeMembers(root: JsonSchema, schema: JsonSchema, value: unknown, at: string): Judged[] {
  const { properties = {}, additionalProperties, items } = schema as Record<string, JsonSchema>
  if (Array.isArray(value))
    return items ? value.map((item, i) => judge(root, items, item, `${at}[${i}]`)) : []
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, item]) => {
    const own = Object.hasOwn(properties, name) ? (properties[name] as JsonSchema) : additionalProperties
    const path = `${at}.${name}`
    return own ? [{ errors: [], known: new Set([path]) }, judge(root, own, item, path)] : []
  })
}

const join = (parts: Judged[]): Judged => ({
  errors: parts.flatMap(({ errors }) => errors),
  known: new Set(parts.flatMap(({ known }) => [...known])),
})

/** What `#/a/b` names. */
export function resolveRef(root: JsonSchema, ref: string): JsonSchema {
  const names = ref.replace(/^#\//, '').split('/')
  const found = names.reduce<unknown>(
    (value, name) => (isObject(value) ? value[name.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined),
    root,
  )
  if (!isObject(found)) throw new Error(`${ref} is not in the document`)
  return found
}
