import { OnecountError } from '../core/errors'
import { DEFAULT_KIND, type Kind } from '../core/kind'
import { idsOf } from '../core/kind-ids'
import type { ApiRequest } from './request'

/** Posts that one request may ask for. */
const MAX_IDS = 100
const UUID_LENGTH = 36
/** Posts of a page of one's own likes, where nothing is said. */
const PAGE = 50

/** How the ids of posts are read from an address. */
export interface PostIds {
  /** A post id from the path; a UUID in lower case. @throws OnecountError `invalid_post_id` */
  parseOne(segment: string): string
  /** The ids of `?ids=a,b`, each once. @throws OnecountError `invalid_ids`, `invalid_post_id` */
  parseList(query: URLSearchParams): string[]
  /** What is said of posts, also under each id of `?ids=a,b` that spells one otherwise: a UUID in upper case. */
  spellAsAsked<T>(query: URLSearchParams, said: Record<string, T>): Record<string, T>
  /**
   * The page of `?by=me&after=a&limit=50`; `null`: the query asks for something else.
   * @throws OnecountError `invalid_request`, `invalid_post_id`
   */
  parsePage(query: URLSearchParams): { after: string | null; limit: number } | null
}

export function postIdsOf(kind: Kind = DEFAULT_KIND): PostIds {
  const { isPostId, invalidPostId } = idsOf(kind)
  const isUuid = kind.target.id === 'uuid'
  const isPlain = isUuid && !kind.variants
  const normal = (id: string) => (isUuid ? withLowerCase(id) : id)
  function parse(text: string, field: string): string {
    const id = normal(text)
    if (!isPostId(id)) throw invalidPostId(text, field)
    return id
  }
  return {
    parseOne: segment => parse(isPlain ? segment : decode(segment), 'postId'),
    parseList(query) {
      const ids = new Set(askedIn(query).map(normal))
      if (ids.size === 0 || ids.size > MAX_IDS) throw new OnecountError('invalid_ids', { field: 'ids' })
      return [...ids].map(id => parse(id, 'ids'))
    },
    spellAsAsked(query, said) {
      const all = { ...said }
      for (const id of askedIn(query)) if (said[normal(id)]) all[id] = said[normal(id)]!
      return all
    },
    parsePage(query) {
      const by = query.get('by')
      if (by === null) return null
      if (by !== 'me' || query.has('ids'))
        throw new OnecountError('invalid_request', {
          field: 'by',
          detail: '`by` is `me`, and comes without `ids`',
        })
      const after = query.get('after')
      return { after: after === null ? null : parse(after, 'after'), limit: parseLimit(query) }
    },
  }
}

const askedIn = (query: URLSearchParams): string[] =>
  query
    .getAll('ids')
    .flatMap(list => list.split(','))
    .map(item => item.trim())
    .filter(item => item !== '')

/** The UUID alone: what stands behind it may be a variant. */
const withLowerCase = (id: string): string => id.slice(0, UUID_LENGTH).toLowerCase() + id.slice(UUID_LENGTH)
function parseLimit(query: URLSearchParams): number {
  const text = query.get('limit') ?? String(PAGE)
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= MAX_IDS) return limit
  throw new OnecountError('invalid_request', { field: 'limit', detail: `1 to ${MAX_IDS}` })
}

/** As it is where it is no encoding of anything. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

export interface WriteParams {
  op?: number
  /** Asked for durability; without it the application's own setting holds. */
  ack?: 'postgres'
  /** Names the session that has pressed, as `Onecount-Session` does; without it that of the request has. */
  madeBy?: string
}

/**
 * `op` of the JSON body, else of the query, else none; `ack` and `madeBy` of the body. Whether an integer is an op of the method is
 * the engine's to judge. A caller cannot ask for less than the application promises. Other members of the body are ignored.
 * @throws OnecountError `invalid_body`, `invalid_op`, `request_timeout`
 */
export async function parseWrite(
  request: ApiRequest,
  query: URLSearchParams,
  bodyTimeoutMs: number,
): Promise<WriteParams> {
  const { op, ack, madeBy } = await readBody(request, bodyTimeoutMs)
  if (ack !== undefined && ack !== null && ack !== 'postgres')
    throw new OnecountError('invalid_body', { field: 'ack', detail: 'leave it out, or say "postgres"' })
  if (typeof (madeBy ?? '') !== 'string')
    throw new OnecountError('invalid_body', { field: 'madeBy', detail: 'a text, as Onecount-Session has it' })
  return { ...parseOp(op, query), ...(ack && { ack }), ...(madeBy ? { madeBy: madeBy as string } : {}) }
}

function parseOp(op: unknown, query: URLSearchParams): { op?: number } {
  if (op !== undefined && op !== null) return { op: integer(op) }
  const text = query.get('op')
  if (text === null) return {}
  return { op: integer(/^-?\d{1,20}$/.test(text) ? Number(text) : Number.NaN) }
}

function integer(op: unknown): number {
  if (!Number.isInteger(op)) throw new OnecountError('invalid_op', { field: 'op' })
  return op as number
}

async function readBody(
  request: ApiRequest,
  timeoutMs: number,
): Promise<{ op?: unknown; ack?: unknown; madeBy?: unknown }> {
  const text = await request.text(timeoutMs)
  if (text.trim() === '') return {}
  const body = parseJson(text)
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new OnecountError('invalid_body')
  return body
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new OnecountError('invalid_body', { cause })
  }
}
