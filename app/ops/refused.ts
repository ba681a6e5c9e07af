import type { Onecount } from 'onecount'

/** Presses that Postgres refused for the same reason, and that are set aside. */
export interface RefusedGroup {
  sqlstate: string
  /** Of Postgres, without the ids of sessions. */
  message: string
  ops: number
  /** One of the posts. */
  postId: string
  /** When the last of them was refused, ISO 8601. */
  lastAt: string
}

export interface Refused {
  groups: RefusedGroup[]
  /** There are more than were read. */
  hasMore: boolean
}

/** Ops that are read at most. */
const READ = 200
/** Reasons that are shown. */
const GROUPS = 10

/** What Postgres has refused, by the reason; the most frequent first. @throws StoreUnavailable */
export async function readRefused(engines: readonly Onecount[]): Promise<Refused> {
  const pages = await Promise.all(engines.map(({ stores }) => stores.postgres.refused({}, null, READ)))
  const groups = new Map<string, RefusedGroup>()
  for (const { postId, sessionId, sqlstate, message, refusedAt } of pages.flat()) {
    const shown = withoutSession(message, sessionId)
    const key = `${sqlstate} ${shown}`
    const group = groups.get(key) ?? { sqlstate, message: shown, ops: 0, postId, lastAt: refusedAt }
    group.ops++
    if (Date.parse(refusedAt) >= Date.parse(group.lastAt)) Object.assign(group, { postId, lastAt: refusedAt })
    groups.set(key, group)
  }
  const all = [...groups.values()].sort((a, b) => b.ops - a.ops)
  return {
    groups: all.slice(0, GROUPS),
    hasMore: all.length > GROUPS || pages.some(page => page.length === READ),
  }
}

/** A trigger of the application may name whom it refuses: who knows a session's id can like as that session. */
const withoutSession = (message: string, sessionId: string): string =>
  message.replaceAll(sessionId, '…').replace(/\s*\n\s*/g, ' ')
