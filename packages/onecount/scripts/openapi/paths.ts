import type { Address } from '../../src/http/routes'
import { DRAINED, HEALTH, METRICS, OWN_LIKES, PAGE, PRESSED } from './examples'
import { type Family, refusals, respond, succeed } from './responses'
import { type HttpErrorCode, schemaRef } from './schemas'
import { type Operation, type PathItem, type Ref, refTo } from './types'

/** Of every address: a Host header or a path that is no part of a URL, and a server that is not set up. */
const EVERYWHERE = ['invalid_request', 'misconfigured'] as const satisfies HttpErrorCode[]
const OF_SESSIONS = ['Onecount-Session', 'Set-Cookie']
const json = (name: string, example: unknown) => ({
  'application/json': { schema: schemaRef(name), example },
})
const parameters = (...names: string[]) => names.map(name => refTo('parameters', name))
/** Anonymous, or known by the cookie or by what the application verifies. */
const BY_VISITORS: Operation['security'] = [{}, { session: [] }, { secureSession: [] }, { person: [] }]

const READ: Family = {
  name: 'Read',
  codes: [
    ...EVERYWHERE,
    'invalid_ids',
    'invalid_post_id',
    'invalid_session',
    'sign_in_required',
    'invalid_token',
    'forbidden_origin',
    'too_many_requests',
    'internal',
    'unavailable',
  ],
  headers: OF_SESSIONS,
}
const PRESS: Family = {
  name: 'Press',
  codes: [
    ...EVERYWHERE,
    'invalid_post_id',
    'invalid_op',
    'invalid_body',
    'invalid_session',
    'sign_in_required',
    'invalid_token',
    'forbidden_origin',
    'post_not_found',
    'request_timeout',
    'op_ahead',
    'session_changed',
    'refused',
    'too_many_requests',
    'internal',
    'unavailable',
  ],
  headers: OF_SESSIONS,
}
const NO_KIND: Family = { name: 'NoKind', codes: ['not_found'] }
const NO_KIND_OR_POST: Family = {
  name: 'NoKindOrPost',
  codes: ['post_not_found', 'not_found'],
  headers: OF_SESSIONS,
}
const headOf = (family: Family): Family => ({ ...family, name: `${family.name}Head`, isHead: true })

const LIKES_200 = respond(
  'Likes',
  succeed(
    'Counts of the posts that `ids` names, or a page of what the session likes.',
    {
      'application/json': {
        schema: { anyOf: [schemaRef('LikesOfPage'), schemaRef('OwnLikes')] },
        examples: { page: { value: PAGE }, own: { value: OWN_LIKES } },
      },
    },
    OF_SESSIONS,
  ),
)
const LIKES_HEAD_200 = respond('LikesHead', succeed('As GET, without the body.', null, OF_SESSIONS))
const PRESSED_200 = respond('Pressed', succeed('The post now.', json('Pressed', PRESSED), OF_SESSIONS))
const HEALTH_200 = respond('Health', succeed('`ok` or `degraded`.', json('Health', HEALTH)))
const HEAD_200 = respond('Head', succeed('As GET, without the body.', null))
const DRAINED_200 = respond('Drained', succeed('What was moved.', json('Drained', DRAINED)))
const METRICS_200 = respond(
  'Metrics',
  succeed('OpenMetrics text.', {
    'application/openmetrics-text': { schema: { type: 'string' }, example: METRICS },
  }),
)
const ALLOWED = respond('Allowed', succeed('No body.', null, ['Allow']))
const OTHER_METHODS = refusals({
  name: 'OtherMethods',
  codes: ['method_not_allowed'],
  headers: ['Allow'],
})[405]!

/** Of the addresses that no other entry has. */
export const OTHER_ADDRESSES = refusals({ name: 'OtherAddresses', codes: ['not_found'] })[404]!

const optionsOf = (id: string, tag: string, isAlways: boolean, names: string[] = []): Operation => ({
  operationId: `${id}Options`,
  tags: [tag],
  summary: 'Which methods the address takes',
  ...(names.length > 0 && { parameters: parameters(...names) }),
  responses: {
    204: ALLOWED,
    ...refusals(
      isAlways
        ? { name: 'Options', codes: EVERYWHERE }
        : { name: 'OptionsOrMissing', codes: [...EVERYWHERE, 'not_found'] },
    ),
  },
})

/** A list of the main kind, or with `kind` in its address of any. */
function listItem(tag: string, id: string, names: string[]): PathItem {
  const missing = (family: Family) => (names.length > 0 ? refusals(family) : {})
  const ask = { parameters: parameters(...names, 'Ids', 'By', 'After', 'Limit'), security: BY_VISITORS }
  return {
    get: {
      operationId: `read${id}`,
      tags: [tag],
      summary: 'Counts of a page, or a list of one’s own',
      description:
        'With `ids`: counts of up to 100 posts, and whether the asking session likes them. With `by=me`: what that session likes, in pages.',
      ...ask,
      responses: { 200: LIKES_200, ...refusals(READ), ...missing(NO_KIND) },
    },
    head: {
      operationId: `head${id}`,
      tags: [tag],
      summary: 'As GET, without the body',
      ...ask,
      responses: { 200: LIKES_HEAD_200, ...refusals(headOf(READ)), ...missing(headOf(NO_KIND)) },
    },
    options: optionsOf(`read${id}`, tag, names.length === 0, names),
    'x-other-methods': OTHER_METHODS,
  }
}

/** A post of the main kind, or with `kind` in its address of any. */
function pressItem(tag: string, id: string, names: string[]): PathItem {
  const missing = names.length > 0 ? refusals(NO_KIND_OR_POST) : {}
  const press = (operationId: string, summary: string): Operation => ({
    operationId,
    tags: [tag],
    summary,
    description:
      'Says what shall be, not what shall change: repeated with the same op, it changes nothing more.',
    parameters: parameters(...names, 'PostId', 'Op'),
    requestBody: {
      required: false,
      description: 'Up to 1,024 bytes, whatever `Content-Type` says. Its op counts before that of the query.',
      content: { 'application/json': { schema: schemaRef('Press'), example: { op: PRESSED.op } } },
    },
    security: BY_VISITORS,
    responses: { 200: PRESSED_200, ...refusals(PRESS), ...missing },
  })
  return {
    put: press(`press${id}`, 'The session likes the post'),
    delete: press(`unpress${id}`, 'The session does not like the post'),
    options: optionsOf(`press${id}`, tag, names.length === 0, [...names, 'PostId']),
    'x-other-methods': OTHER_METHODS,
  }
}

const HEALTH_FAMILY: Family = {
  name: 'Health',
  codes: [...EVERYWHERE, 'internal'],
  also: { 503: schemaRef('Health') },
}
const health = (operationId: string, summary: string, responses: Record<string, Ref>): Operation => ({
  operationId,
  tags: ['Operating'],
  summary,
  description:
    'The status is 503 only where neither store answers. A secret of operators shows the figures of private kinds too.',
  security: [{}, { drainSecret: [] }, { metricsSecret: [] }],
  responses,
})

const DRAIN_FAMILY: Family = {
  name: 'Drain',
  codes: [...EVERYWHERE, 'unauthorized', 'not_found', 'internal', 'unavailable'],
  also: { 500: schemaRef('Drained'), 503: schemaRef('Drained') },
}
const drain = (operationId: string): Operation => ({
  operationId,
  tags: ['Operating'],
  summary: 'Moves pending ops to Postgres',
  description:
    'Goes on until nothing is left or for about five seconds. Where one of several kinds fails the others are drained, and the status is that of its error.',
  security: [{ drainSecret: [] }],
  responses: { 200: DRAINED_200, ...refusals(DRAIN_FAMILY) },
})

const METRICS_FAMILY: Family = {
  name: 'Metrics',
  codes: [...EVERYWHERE, 'unauthorized', 'not_found', 'internal'],
}
const metrics = (operationId: string, summary: string, responses: Record<string, Ref>): Operation => ({
  operationId,
  tags: ['Operating'],
  summary,
  security: [{ metricsSecret: [] }],
  responses,
})

/** What each address of the handler takes. */
export const PATHS: Record<Address, [path: string, item: PathItem]> = {
  likes: ['/likes', listItem('Likes', 'Likes', [])],
  'likes/*': ['/likes/{postId}', pressItem('Likes', 'Like', [])],
  'kinds/*': ['/kinds/{kind}', listItem('Kinds', 'Kind', ['Kind'])],
  'kinds/*/*': ['/kinds/{kind}/{postId}', pressItem('Kinds', 'OfKind', ['Kind'])],
  health: [
    '/health',
    {
      get: health('readHealth', 'Whether both stores answer, and how far Postgres is behind', {
        200: HEALTH_200,
        ...refusals(HEALTH_FAMILY),
      }),
      head: health('headHealth', 'As GET, without the body', {
        200: HEAD_200,
        ...refusals(headOf(HEALTH_FAMILY)),
      }),
      options: optionsOf('health', 'Operating', true),
      'x-other-methods': OTHER_METHODS,
    },
  ],
  drain: [
    '/drain',
    {
      get: drain('drainByGet'),
      post: drain('drain'),
      options: optionsOf('drain', 'Operating', false),
      'x-other-methods': OTHER_METHODS,
    },
  ],
  metrics: [
    '/metrics',
    {
      get: metrics('readMetrics', 'Counters, gauges and histograms', {
        200: METRICS_200,
        ...refusals(METRICS_FAMILY),
      }),
      head: metrics('headMetrics', 'As GET, without the body', {
        200: HEAD_200,
        ...refusals(headOf(METRICS_FAMILY)),
      }),
      options: optionsOf('metrics', 'Operating', false),
      'x-other-methods': OTHER_METHODS,
    },
  ],
}
