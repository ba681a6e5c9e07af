import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkSchema, type JsonSchema, resolveRef } from './json-schema'

interface Media {
  schema: JsonSchema
  example?: unknown
  examples?: Record<string, { value: unknown }>
}
interface DocumentedHeader {
  required?: boolean
  schema: JsonSchema
}
export interface DocumentedResponse {
  headers?: Record<string, JsonSchema>
  content?: Record<string, Media>
}
interface Operation {
  operationId: string
  responses: Record<string, JsonSchema>
}
type PathItem = Record<string, Operation | JsonSchema>

/** `docs/openapi.json`. */
export const DOCUMENT = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../../docs/openapi.json'), 'utf8'),
)
const METHODS = ['get', 'head', 'put', 'post', 'delete', 'options']
/** Of the reference application alone: the handler has none of these. */
export const ELSEWHERE = ['/likes/{postId}/form']
export const PATHS = Object.keys(DOCUMENT.paths).filter(path => path.startsWith('/'))
export const itemOf = (path: string): PathItem => DOCUMENT.paths[path]

/** Follows a reference, if it is one. */
export const resolved = <T>(part: JsonSchema): T =>
  (typeof part.$ref === 'string' ? resolveRef(DOCUMENT, part.$ref) : part) as T

/** Methods of an address, in capitals. */
export const methodsOf = (path: string): string[] =>
  Object.keys(itemOf(path))
    .filter(name => METHODS.includes(name))
    .map(name => name.toUpperCase())

/** An answer as it came over the wire. */
export interface WireAnswer {
  method: string
  /** Below the base path, without query. */
  path: string
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

/** A way in which an address can answer: `code` is empty where the body is none of an error. */
export interface Outcome {
  operation: string
  status: number
  code: string
}
export const nameOf = ({ operation, status, code }: Outcome): string =>
  `${operation} ${status} ${code}`.trim()

/** What no server decides by itself. */
const OF_CONNECTIONS = [
  'date',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'content-type',
]

/** Which documented outcome an answer is, and what of it the document does not say. */
export function judgeAnswer(answer: WireAnswer): { outcome: Outcome; problems: string[] } {
  const { operation, responses } = findOperation(answer)
  const { status, body } = answer
  const type = String(answer.headers['content-type'] ?? '').split(';')[0]!
  const parsed = type === 'application/json' && body !== '' ? JSON.parse(body) : body
  const code: string = parsed?.error?.code ?? ''
  const response = responses[status] && resolved<DocumentedResponse>(responses[status])
  return {
    outcome: { operation, status, code },
    problems: response
      ? [...judgeHeaders(response, answer), ...judgeBody(response, type, parsed)]
      : [`${operation} has no ${status}`],
  }
}

function findOperation({ method, path, status }: WireAnswer) {
  const template = PATHS.find(one => fits(one, path))
  const others = {
    [status]: template ? itemOf(template)['x-other-methods'] : DOCUMENT.paths['x-other-addresses'],
  }
  const own = template ? (itemOf(template)[method.toLowerCase()] as Operation | undefined) : undefined
  const operation = own
    ? `${method} ${template}`
    : template
      ? `other methods of ${template}`
      : 'other addresses'
  return { operation, responses: (own?.responses ?? others) as Record<string, JsonSchema> }
}

function fits(template: string, path: string): boolean {
  const [wanted, given] = [template.split('/'), path.split('/')]
  return (
    wanted.length === given.length && wanted.every((part, i) => part.startsWith('{') || part === given[i])
  )
}

function judgeHeaders({ headers = {} }: DocumentedResponse, answer: WireAnswer): string[] {
  const documented = new Map(
    Object.entries(headers).map(([name, header]) => [name.toLowerCase(), resolved<DocumentedHeader>(header)]),
  )
  const given = Object.keys(answer.headers).filter(name => !OF_CONNECTIONS.includes(name))
  const missing = [...documented].filter(([name, { required }]) => required && !given.includes(name))
  return [
    ...missing.map(([name]) => `the header ${name} is missing`),
    ...given.flatMap(name => {
      const header = documented.get(name)
      if (!header) return [`the header ${name} is not documented`]
      return [answer.headers[name]].flat().flatMap(value => checkSchema(DOCUMENT, header.schema, value, name))
    }),
  ]
}

function judgeBody({ content }: DocumentedResponse, type: string, body: unknown): string[] {
  if (!content) return body === '' ? [] : ['a body is not documented']
  const media = content[type]
  return media
    ? checkSchema(DOCUMENT, media.schema, body)
    : [`the type ${type || 'of no body'} is not documented`]
}

/** Every outcome that the document has, of the addresses of the handler. */
export function documentedOutcomes(): Outcome[] {
  const ofPaths = PATHS.filter(path => !ELSEWHERE.includes(path)).flatMap(path => [
    ...methodsOf(path).flatMap(method => {
      const { responses } = itemOf(path)[method.toLowerCase()] as Operation
      return Object.entries(responses).flatMap(([status, response]) =>
        outcomesOf(`${method} ${path}`, Number(status), response),
      )
    }),
    ...outcomesOf(`other methods of ${path}`, 405, itemOf(path)['x-other-methods'] as JsonSchema),
  ])
  return [...ofPaths, ...outcomesOf('other addresses', 404, DOCUMENT.paths['x-other-addresses'])]
}

function outcomesOf(operation: string, status: number, response: JsonSchema): Outcome[] {
  const { content } = resolved<DocumentedResponse>(response)
  const schema = content?.['application/json']?.schema
  const codes = schema ? ((schema.anyOf ?? [schema]) as JsonSchema[]).flatMap(codesOf) : ['']
  return codes.map(code => ({ operation, status, code }))
}

/** The codes of a refusal; the empty one of any other schema. */
function codesOf({ allOf }: JsonSchema): string[] {
  const [, narrowed] = (allOf ?? []) as [JsonSchema?, { properties: { error: ErrorCodes } }?]
  return narrowed?.properties.error.properties.code.enum ?? ['']
}

interface ErrorCodes {
  properties: { code: { enum: string[] } }
}

/** Every example, with its schema. */
export function examplesOf(value: unknown, at = '#'): { at: string; schema: JsonSchema; value: unknown }[] {
  if (typeof value !== 'object' || value === null) return []
  const own = value as Partial<Media>
  const examples = [
    ...('example' in own ? [own.example] : []),
    ...Object.values(own.examples ?? {}).map(example => example.value),
  ]
  return [
    ...(own.schema ? examples.map(example => ({ at, schema: own.schema!, value: example })) : []),
    ...Object.entries(value).flatMap(([name, part]) => examplesOf(part, `${at}/${name}`)),
  ]
}
