import { OnecountError } from './errors'
import { isSessionId as isText, isPostId as isUuid } from './ids'
import { partitionOf as partitionOfUuid } from './keys'
import type { ActorType, IdType, Kind } from './kind'
import { compareBytes, parseVariantId, SEPARATOR, variantIds } from './variants'

/** As Postgres writes a bigint: no leading zero, no plus, no minus zero. */
const INTEGER = /^(0|-?[1-9][0-9]{0,18})$/
const LEAST = -(2n ** 63n)
const GREATEST = 2n ** 63n - 1n

/** What an actor that is a UUID cannot be: it stands for no actor in the tables of onecount. */
export const NIL_UUID = '00000000-0000-0000-0000-000000000000'

export function isBigint(id: string): boolean {
  if (!INTEGER.test(id)) return false
  const value = BigInt(id)
  // The smallest one is where pages begin.
  return value > LEAST && value <= GREATEST
}

const POSTS: Record<IdType, (id: string) => boolean> = { uuid: isUuid, bigint: isBigint, text: isText }
const ACTORS: Record<ActorType, (id: string) => boolean> = {
  uuid: id => isUuid(id) && id !== NIL_UUID,
  text: isText,
}

/** What an id is, in words that follow "use". */
const FORMS: Record<IdType, string> = {
  uuid: 'a UUID in lower case',
  bigint: 'a whole number, as Postgres writes it',
  text: '1 to 128 letters, digits, _ - . :',
}

/** As much of a malformed id as a message shows. */
const SHOWN = 40

/** The ids of a kind: which are well-formed, and in which partition a post is. */
export interface Ids {
  /** How the id of a post is written, in words: `a UUID in lower case`. */
  readonly postForm: string
  /**
   * Whether it is well-formed; a post of this id need not exist.
   * @example
   * ids.isPostId('007') // false where ids are bigints
   */
  isPostId(id: unknown): id is string
  /**
   * Whether it can be who likes.
   * @example
   * ids.isSessionId(userId)
   */
  isSessionId(id: unknown): id is string
  /**
   * Refuses what is no id of a post.
   * @throws OnecountError `invalid_post_id` unless the id is written as Postgres writes it.
   * @example
   * ids.assertPostId(postId)
   */
  assertPostId(id: string): void
  /**
   * The error of an id that is none: its detail says what an id of this kind is. `field`: where it was given, `postId`.
   * @example
   * throw ids.invalidPostId(id, 'ids')
   */
  invalidPostId(id: unknown, field?: string): OnecountError
  /**
   * Refuses what cannot be who likes.
   * @throws OnecountError `invalid_session`
   * @example
   * ids.assertSessionId(userId)
   */
  assertSessionId(id: string): void
  /**
   * As `onecount_partition_of` of the kind computes it.
   * @example
   * const partition = ids.partitionOf(postId, 4)
   */
  partitionOf(postId: string, partitions: number): number
  /**
   * The order of post ids in the pages of Postgres, as for `sort`. `null` where the database alone knows it: a column
   * of text has a collation.
   */
  readonly postOrder: ((a: string, b: string) => number) | null
  /**
   * The ids that go when this one is removed: of its target, all variants.
   * @example
   * const gone = ids.removedWith('42~👍')
   */
  removedWith(postId: string): string[]
}

/**
 * The ids of `kind`.
 * @example
 * idsOf(config.kinds.like).isPostId('007') // false: a bigint is written without leading zeros
 */
export function idsOf(kind: Kind): Ids {
  const isActor = ACTORS[kind.rows.actorType]
  const { isPost, partition, postOrder, removedWith } = kind.variants ? postsOfVariants(kind) : postsOf(kind)
  const isPostId = (id: unknown): id is string => typeof id === 'string' && isPost(id)
  const isSessionId = (id: unknown): id is string => typeof id === 'string' && isActor(id)
  const form = FORMS[kind.target.id]
  const postForm = kind.variants ? `${form}, then ${SEPARATOR} and one of ${kind.variants.join(' ')}` : form
  const invalidPostId = (id: unknown, field = 'postId') =>
    new OnecountError('invalid_post_id', {
      field,
      detail: `got "${String(id).slice(0, SHOWN)}", use ${postForm}`,
    })
  return {
    postForm,
    isPostId,
    isSessionId,
    invalidPostId,
    assertPostId(id) {
      if (!isPostId(id)) throw invalidPostId(id)
    },
    assertSessionId(id) {
      if (isSessionId(id)) return
      // The message says what a text is.
      const detail = kind.rows.actorType === 'uuid' ? `of this kind ${FORMS.uuid}` : undefined
      throw new OnecountError('invalid_session', { field: 'sessionId', ...(detail && { detail }) })
    },
    partitionOf: (postId, partitions) => (partitions === 1 ? 0 : partition(postId, partitions)),
    postOrder,
    removedWith,
  }
}

interface Posts extends Pick<Ids, 'postOrder' | 'removedWith'> {
  isPost(id: string): boolean
  partition(id: string, partitions: number): number
}

const postsOf = ({ target }: Kind): Posts => ({
  isPost: POSTS[target.id],
  partition: PARTITIONS[target.id],
  postOrder: ORDERS[target.id],
  removedWith: id => [id],
})

/** All variants of a target are in its partition, so that one script reads them. */
function postsOfVariants(kind: Kind): Posts {
  const { isPost: isTarget, partition } = postsOf(kind)
  const variants = new Set(kind.variants)
  return {
    isPost(id) {
      const parts = parseVariantId(id)
      return parts !== null && isTarget(parts.targetId) && variants.has(parts.variant)
    },
    partition: (id, partitions) => partition(parseVariantId(id)!.targetId, partitions),
    postOrder: compareBytes,
    removedWith: id => variantIds(kind, [parseVariantId(id)!.targetId]),
  }
}

/** Of UUIDs, as Postgres writes them. */
export const compareUuids = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const ORDERS: Record<IdType, Ids['postOrder']> = {
  uuid: compareUuids,
  bigint(a, b) {
    const difference = BigInt(a) - BigInt(b)
    return difference < 0n ? -1 : difference > 0n ? 1 : 0
  },
  text: null,
}

const PARTITIONS: Record<IdType, (id: string, partitions: number) => number> = {
  uuid: partitionOfUuid,
  bigint(id, partitions) {
    const [value, n] = [BigInt(id), BigInt(partitions)]
    return Number(((value % n) + n) % n)
  },
  text(id, partitions) {
    let hash = 0
    for (let i = 0; i < id.length; i++) hash = (hash * 31 + id.charCodeAt(i)) % 268_435_399
    return hash % partitions
  },
}
