import { ERRORS, type ErrorCode } from '../../src/core/errors'
import type { Health } from '../../src/core/health'
import type { PauseCause } from '../../src/core/pause'
import type { LikeState, Source } from '../../src/core/types'
import type { Drained } from '../../src/http/operations'
import type { WriteParams } from '../../src/http/params'
import { refTo, type Schema } from './types'

/** Codes of the engine that no answer of the API has. */
export const ENGINE_ONLY = ['private_kind'] as const satisfies readonly ErrorCode[]
export type HttpErrorCode = Exclude<ErrorCode, (typeof ENGINE_ONLY)[number]>

const ofEngine: readonly string[] = ENGINE_ONLY
export const HTTP_ERROR_CODES = Object.keys(ERRORS).filter(
  code => !ofEngine.includes(code),
) as HttpErrorCode[]

export const schemaRef = (name: string): Schema => refTo('schemas', name)
const integer = (description: string, minimum?: number): Schema => ({ type: 'integer', minimum, description })
const figure = (description: string): Schema => ({ type: ['integer', 'null'], minimum: 0, description })
const object = (properties: Record<string, Schema>, optional: readonly string[] = []): Schema => ({
  type: 'object',
  required: Object.keys(properties).filter(name => !optional.includes(name)),
  properties,
})

/** Servers answer no `last-known`: browsers make it of what they knew. */
const SOURCES: Exclude<Source, 'last-known'>[] = ['redis', 'lagging', 'postgres', 'unknown']
const PAUSES: PauseCause[] = ['unreachable', 'refused', 'foreign', 'failed']

const OP =
  'A press as one integer, `2·t + liked`: `t` the time in microseconds, odd for a like, even for an unlike. Of two ops of one session on one post the greater wins.'

const STATE = {
  count: {
    type: ['integer', 'null'],
    description:
      'Likes of the post at this moment; `null`: unknown, never 0 instead. Of a private kind the session’s own, 1 or 0.',
  },
  liked: {
    type: ['boolean', 'null'],
    description: 'Whether the asking session likes the post; `null`: unknown, or asked without a session.',
  },
  rev: integer(
    'Revision of the count, microseconds: of two answers about a post, the greater one is newer. 0: unknown.',
    0,
  ),
  op: {
    type: ['integer', 'null'],
    minimum: 2,
    description: 'The greatest op of the session on this post; `null`: the server has none at hand.',
  },
  durable: {
    type: ['boolean', 'null'],
    description: 'Whether Postgres holds that op; `null`: unknown, or there is no op.',
  },
  source: {
    enum: SOURCES,
    description:
      '`redis`: exact. `lagging`: of Redis, which does not know yet what some ops change. `postgres`: Redis could not be asked, and the count may lag; with the header `Onecount-Redis: off` there is none, and it is exact. `unknown`: no store could tell.',
  },
  private: { const: true, description: 'The kind is private. Absent otherwise.' },
} satisfies Record<Exclude<keyof LikeState, 'postId'>, Schema>

const POST_ID: Schema = {
  type: 'string',
  minLength: 1,
  description:
    'A UUID in lower case, a bigint, or a text, as the kind says; with variants `<target>~<variant>`.',
}

const REACHABLE = {
  status: {
    enum: ['ok', 'degraded', 'down'],
    description:
      '`degraded`: served with one of two stores, ops are refused or pending for more than a minute, Redis refuses presses, or the drain is paused. `down`: neither store answers.',
  },
  redis: { enum: ['up', 'down', 'off'], description: '`off`: none is configured.' },
  postgres: { enum: ['up', 'down'] },
} satisfies Partial<Record<keyof Health, Schema>>

const FIGURES = {
  pending: figure('Ops that Redis has accepted and Postgres has not confirmed.'),
  oldestPendingMs: figure('Age of the oldest of them, milliseconds.'),
  unseen: figure(
    'Ops that Postgres applied without Redis and no batch has told Redis of, counted up to 10,000.',
  ),
  refused: figure('Ops that Postgres refused and that are set aside, counted up to 1,000.'),
  paused: {
    enum: [...PAUSES, null],
    description: 'Why this process does not drain; `null`: it does, or has nothing to.',
  },
  lastDrainAt: {
    type: ['string', 'null'],
    format: 'date-time',
    description: 'When a drain of this process last reached both stores.',
  },
} satisfies Record<Exclude<keyof Health, keyof typeof REACHABLE | 'warnings'>, Schema>

const DRAINED = {
  drained: integer('Ops that were moved to Postgres.', 0),
  more: { type: 'boolean', description: 'Something is left.' },
} satisfies Record<Exclude<keyof Drained, 'kinds'>, Schema>

const PRESS = {
  op: {
    type: ['integer', 'null'],
    minimum: 2,
    maximum: Number.MAX_SAFE_INTEGER,
    description: `${OP} Send the same one with every retry. Left out: the store assigns one, and a repeat is a new press.`,
  },
  ack: { enum: ['postgres', null], description: '`postgres`: answer once Postgres holds the like.' },
  madeBy: {
    type: ['string', 'null'],
    description:
      'The session that has pressed, as `Onecount-Session` named it. A request of another session is refused with `session_changed`.',
  },
} satisfies Record<keyof WriteParams, Schema>

/** `components.schemas`. */
export const SCHEMAS: Record<string, Schema> = {
  LikeState: object(STATE, ['private']),
  OwnLike: object({ postId: POST_ID, ...STATE }, ['private']),
  LikesOfPage: {
    description: 'By post id. A post that does not exist is absent.',
    ...object({ likes: { type: 'object', additionalProperties: schemaRef('LikeState') } }),
  },
  OwnLikes: {
    description: 'What the asking session likes, in the order of the ids.',
    ...object({
      likes: { type: 'array', items: schemaRef('OwnLike') },
      next: {
        type: ['string', 'null'],
        description: '`after` of the next page; `null`: this is the last one.',
      },
    }),
  },
  Press: { description: 'Other members are ignored.', type: 'object', properties: PRESS },
  Pressed: object(
    {
      postId: POST_ID,
      ...STATE,
      op: integer('The greatest op of the session on this post: usually the one of this press.', 2),
      durable: {
        type: 'boolean',
        description: 'True once Postgres holds the like, false while only Redis does.',
      },
    },
    ['private'],
  ),
  KindHealth: {
    description:
      'Of a private kind a caller without a secret is told `status`, `redis` and `postgres` alone.',
    ...object({ ...REACHABLE, ...FIGURES }, Object.keys(FIGURES)),
  },
  Health: {
    allOf: [
      schemaRef('KindHealth'),
      object(
        {
          lookedAt: { type: 'string', format: 'date-time', description: 'When the stores were asked.' },
          kinds: {
            type: 'object',
            additionalProperties: schemaRef('KindHealth'),
            description: 'Each kind by its name, where there are several.',
          },
          warnings: {
            type: 'array',
            items: { type: 'string' },
            description:
              'Settings of this server that seem wrong, and why Redis refuses presses. Absent where there are none.',
          },
        },
        ['kinds', 'warnings'],
      ),
    ],
  },
  Drained: object(
    {
      ...DRAINED,
      kinds: {
        type: 'object',
        additionalProperties: { anyOf: [object(DRAINED), schemaRef('Error')] },
        description:
          'Each kind by its name, where there are several: what was done, or the error that it failed with.',
      },
    },
    ['kinds'],
  ),
  Error: object({
    error: object(
      {
        code: schemaRef('ErrorCode'),
        message: { type: 'string', minLength: 1, description: 'For people, in English.' },
        field: { type: 'string', description: 'The member, parameter or setting at fault.' },
        now: integer('With `op_ahead`: a moment of which an op is accepted, epoch milliseconds.', 0),
      },
      ['field', 'now'],
    ),
  }),
  ErrorCode: { type: 'string', enum: HTTP_ERROR_CODES },
}
