import { DEFAULT_KIND } from '../core/kind'
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
  /** The visitor; none where the ids of actors are others than those of anonymous sessions. */
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
    admit: visitor =>
      visitor.kind === 'anonymous' && !isSessionId(visitor.sessionId) ? { kind: 'none' } : visitor,
  }
}
