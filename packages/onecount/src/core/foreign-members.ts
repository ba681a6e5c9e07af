import type { Batch } from './batch'
import { isPostId as isUuid } from './ids'
import type { ActorType, IdType, Kind } from './kind'
import { isBigint } from './kind-ids'

const MEMBER = /^[^|\n]+\|[^|\n]+\|\d{1,16}\|\d{1,16}\|-?\d\|[^|\n]*$/

/** What Postgres can read as an id of the type. */
const READABLE: Record<IdType | ActorType, (id: string) => boolean> = {
  uuid: isUuid,
  bigint: isBigint,
  text: () => true,
}

/**
 * Members of a batch that no script has written, so that Postgres cannot read them: another program, or a person, has
 * added them to `likes:pending`.
 */
export function foreignMembers({ entries }: Batch, kind: Kind): string[] {
  const isPost = READABLE[kind.variants ? 'text' : kind.target.id]
  const isSession = READABLE[kind.rows.actorType]
  return entries
    .filter(
      ({ member, postId, sessionId, op }) =>
        !(MEMBER.test(member) && Number.isSafeInteger(op) && isPost(postId) && isSession(sessionId)),
    )
    .map(entry => entry.member)
}
