import { ERRORS } from '../../src/core/errors'
import { type HttpErrorCode, schemaRef } from './schemas'
import { type Header, type Media, type Ref, type Response, refTo, type Schema } from './types'

const fixed = (value: string, description: string): Header => ({
  description,
  required: true,
  schema: { const: value },
})
const some = (description: string, schema: Schema = { type: 'string' }): Header => ({ description, schema })
const FOR_TRUSTED = 'In answers to pages of a trusted origin.'

/** `components.headers`. */
export const HEADERS: Record<string, Header> = {
  'Cache-Control': fixed('private, no-store', 'No cache may keep an answer.'),
  'X-Content-Type-Options': fixed('nosniff', 'The type is what `Content-Type` says.'),
  'Content-Security-Policy': fixed(
    "default-src 'none'; frame-ancestors 'none'",
    'No page may embed an answer.',
  ),
  'Referrer-Policy': fixed('no-referrer', 'Nothing is told of the address.'),
  'Onecount-Time': {
    description: 'The server’s time, epoch milliseconds.',
    required: true,
    schema: { type: 'string', pattern: '^\\d+$' },
  },
  'Onecount-Redis': some('No Redis is configured: `source: postgres` is exact.', { const: 'off' }),
  'Strict-Transport-Security': some('Over HTTPS.', { const: 'max-age=31536000' }),
  Vary: some('Where the server has trusted origins.', { const: 'Origin' }),
  'Access-Control-Allow-Origin': some(FOR_TRUSTED),
  'Access-Control-Allow-Credentials': some(FOR_TRUSTED, { const: 'true' }),
  'Access-Control-Allow-Methods': some(FOR_TRUSTED),
  'Access-Control-Allow-Headers': some(FOR_TRUSTED),
  'Access-Control-Expose-Headers': some(FOR_TRUSTED),
  'Access-Control-Max-Age': some(FOR_TRUSTED, { type: 'string', pattern: '^\\d+$' }),
  'Onecount-Session': some(
    'Names the session whose hearts the answer has; `none`: the person is not signed in. Absent where the server cannot tell who asks.',
    { type: 'string', pattern: '^([A-Za-z0-9_-]{16}|none)$' },
  ),
  'Set-Cookie': some('The signed cookie of an anonymous session that is new, or was renewed by a press.', {
    type: 'string',
    pattern: '^(__Host-)?onecount_session=',
  }),
  Allow: {
    description: 'The methods that the address takes.',
    required: true,
    schema: { type: 'string', pattern: '^[A-Z]+(, [A-Z]+)*$' },
  },
  'Retry-After': {
    description: 'Seconds after which the request may be sent again.',
    required: true,
    schema: { type: 'string', pattern: '^[1-9]\\d*$' },
  },
}

const OF_SOME = ['Onecount-Session', 'Set-Cookie', 'Allow', 'Retry-After']
const OF_ALL = Object.keys(HEADERS).filter(name => !OF_SOME.includes(name))
const headersOf = (names: readonly string[]) =>
  Object.fromEntries([...OF_ALL, ...names].map(name => [name, refTo('headers', name)]))

/** `components.responses`, as `respond` fills it. */
export const RESPONSES: Record<string, Response> = {}

export function respond(name: string, response: Response): Ref {
  RESPONSES[name] = response
  return refTo('responses', name)
}

export const succeed = (
  description: string,
  media: Record<string, Media> | null,
  headers: string[] = [],
) => ({
  description,
  headers: headersOf(headers),
  ...(media && { content: media }),
})

/** What the answers to an operation have beside its refusals. */
export interface Family {
  /** In front of the names of its answers. */
  name: string
  codes: readonly HttpErrorCode[]
  /** Headers that its answers may have. */
  headers?: readonly string[]
  /** What else a status may bring. */
  also?: Record<number, Schema>
  /** HEAD: refused by the status alone. */
  isHead?: boolean
}

/** Its refusals, by status. */
export function refusals({ name, codes, headers = [], also = {}, isHead }: Family): Record<string, Ref> {
  const statuses = [...new Set([...codes.map(code => ERRORS[code].status), ...Object.keys(also).map(Number)])]
  return Object.fromEntries(
    statuses
      .sort((a, b) => a - b)
      .map(status => {
        const own = codes.filter(code => ERRORS[code].status === status)
        const names = [...headers, ...(status === 429 ? ['Retry-After'] : [])]
        const description = own.map(code => `\`${code}\`: ${ERRORS[code].message}`).join('\n\n')
        const other = also[status]
        const refusal = errorSchema(own)
        const schema = other ? { anyOf: own.length > 0 ? [refusal, other] : [other] } : refusal
        const content = { 'application/json': { schema } }
        return [
          status,
          respond(`${name}${status}`, succeed(description || 'As 200.', isHead ? null : content, names)),
        ]
      }),
  )
}

export const errorSchema = (codes: readonly HttpErrorCode[]): Schema => ({
  allOf: [schemaRef('Error'), { properties: { error: { properties: { code: { enum: codes } } } } }],
})
