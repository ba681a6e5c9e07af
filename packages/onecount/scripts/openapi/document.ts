import { FORM } from './form'
import { OTHER_ADDRESSES, PATHS } from './paths'
import { HEADERS, RESPONSES } from './responses'
import { SCHEMAS } from './schemas'
import type { Parameter } from './types'

const query = (name: string, description: string, schema: Parameter['schema']): Parameter => ({
  name,
  in: 'query',
  description,
  schema,
})

const PARAMETERS: Record<string, Parameter> = {
  PostId: {
    name: 'postId',
    in: 'path',
    required: true,
    description: 'Of the kind’s type. A variant is `<target>~<variant>`, percent-encoded.',
    schema: { type: 'string' },
    example: '50050001-aaaa-bbbb-cccc-ddddeeee0001',
  },
  Kind: {
    name: 'kind',
    in: 'path',
    required: true,
    description: 'The name of a kind of the configuration.',
    schema: { type: 'string' },
    example: 'bookmark',
  },
  Ids: query('ids', '1 to 100 post ids, separated by commas. Needed unless `by` is there.', {
    type: 'string',
  }),
  By: query('by', 'What the asking session likes. Not together with `ids`.', { const: 'me' }),
  After: query('after', '`next` of the page before, with `by`.', { type: 'string' }),
  Limit: query('limit', 'Posts of a page, with `by`; 50 where it is left out.', {
    type: 'integer',
    minimum: 1,
    maximum: 100,
  }),
  Op: query('op', 'The op, where the body has none.', { type: 'integer', minimum: 2 }),
}

const cookie = (name: string, description: string) => ({ type: 'apiKey', in: 'cookie', name, description })
const bearer = (description: string) => ({ type: 'http', scheme: 'bearer', description })

const DESCRIPTION = `What a browser, a script or a scheduler can ask a onecount server: \`createHandler\` of \`onecount/http\`, and what \
mounts it (\`onecount/next\`, \`npx onecount serve\`). \`docs/http-api.md\` explains it.

Where a server has several kinds, \`/likes\` is the main one, and each is at \`/kinds/{kind}\`. A page of another site may change \
nothing: \`Sec-Fetch-Site\`, else \`Origin\`, decides. Every refusal has one shape, \`Error\`.

\`x-other-methods\` of an address is its answer to every method that it does not take, \`x-other-addresses\` of the paths \
that of every address that is not there.`

/** `docs/openapi.json`. */
export const openapiDocument = (version: string) => ({
  openapi: '3.1.0',
  info: {
    title: 'onecount',
    version,
    summary: 'One count, every view: likes served from Redis, durable in Postgres.',
    description: DESCRIPTION,
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/api', description: 'Below `basePath`, which is `/api` where it is left out.' }],
  tags: [
    { name: 'Likes', description: 'The main kind.' },
    { name: 'Kinds', description: 'Each kind by its name, the main one too.' },
    { name: 'Operating', description: 'For load balancers, schedulers and Prometheus.' },
    {
      name: 'Reference application',
      description: 'Of the application of this repository, not of the package.',
    },
  ],
  paths: {
    ...Object.fromEntries(Object.values(PATHS)),
    ...FORM,
    'x-other-addresses': OTHER_ADDRESSES,
  },
  components: {
    securitySchemes: {
      session: cookie('onecount_session', 'The signed cookie of an anonymous session, over HTTP.'),
      secureSession: cookie('__Host-onecount_session', 'The same over HTTPS.'),
      person: bearer('Or whatever else the application verifies: `session` of `createHandler`.'),
      drainSecret: bearer('`ONECOUNT_DRAIN_SECRET`, or `CRON_SECRET`.'),
      metricsSecret: bearer('`ONECOUNT_METRICS_SECRET`. Not needed in development.'),
    },
    parameters: PARAMETERS,
    headers: HEADERS,
    schemas: SCHEMAS,
    responses: RESPONSES,
  },
})
