import { OnecountError } from '../core/errors'
import { DEFAULT_KIND, type Kind } from '../core/kind'
import { idsOf } from '../core/kind-ids'
import { type PostIds, postIdsOf } from './params'
import type { KindsService, LikesService } from './ports'
import type { Visitor } from './visitor'

/** One kind as HTTP serves it. */
export interface Served {
  service: LikesService
  postIds: PostIds
  /**
   * What the limit of a post counts under: equal ids of two kinds are two posts. Null for a private kind, of which
   * no visitor is told that others press a post.
   */
  limitKey(postId: string): string | null
  /**
   * The visitor; none where the ids of actors are others than those of anonymous sessions.
   * @throws OnecountError `invalid_session` where the application's id of a person is none of this kind
   */
  admit(visitor: Visitor): Visitor
}

/** The kind at `{base}/likes`, and every kind by its name. */
export interface ServedKinds {
  main: Served
  kinds: ReadonlyMap<string, Served>
}

/** `service` as it was given: one kind, which has no address by its name, or several. */
export function serve(service: LikesService | KindsService): ServedKinds {
  if (!('kinds' in service)) return { main: serveOne(service, ''), kinds: new Map() }
  const kinds = new Map(
    Object.entries(service.kinds).map(([name, one]) => [
      name,
      serveOne(one, name === service.main ? '' : `${name}/`),
    ]),
  )
  return { main: kinds.get(service.main)!, kinds }
}

function serveOne(service: LikesService, scope: string): Served {
  const { isSessionId } = idsOf(service.kind ?? DEFAULT_KIND)
  return {
    service,
    postIds: postIdsOf(service.kind),
    limitKey: postId => (service.kind?.isPrivate ? null : `${scope}${postId}`),
    admit(visitor) {
      if (visitor.kind === 'none' || isSessionId(visitor.sessionId)) return visitor
      if (visitor.kind === 'anonymous') return { kind: 'none' }
      throw personOfAnotherForm(service.kind ?? DEFAULT_KIND)
    },
  }
}

/** Ids of text are checked before, for every kind. The id is not repeated: it may be an address of a person. */
const personOfAnotherForm = ({ name, rows: { schema, table, actor } }: Kind) =>
  new OnecountError('invalid_session', {
    field: 'session',
    detail: `session() answered with something else than a UUID in lower case: ${actor} of ${schema}.${table}, kind ${name}, is a uuid (onecount serve: name a claim that is one with --claim)`,
  })
