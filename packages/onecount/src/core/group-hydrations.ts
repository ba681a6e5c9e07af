import type { Context } from './context'
import { StoreUnavailable } from './errors'
import type { Snapshots } from './ports'
import type { SessionOps } from './script-calls'

/** What a page or a press needs from Postgres. */
export interface Need {
  /** Cold posts. */
  postIds: string[]
  /** Whose ops are not known on `pairs`; `null`: of no session. */
  sessionId: string | null
  pairs: string[]
}

/** What a store said of a need. */
export interface Told {
  gone: string[]
  /** Posts that cannot be made warm now. */
  held: Set<string>
  /** The session cannot. */
  isSessionHeld: boolean
  /** The cut has moved since Postgres was read. */
  isOvertaken: boolean
}

interface Waiting {
  ctx: Context
  need: Need
  resolve(told: Told): void
  reject(error: unknown): void
}

/** Posts and sessions of one call at most; a need that has more goes alone. */
const POSTS = 250
const SESSIONS = 50
/** Groups under way before the next one gathers for longer, and for how long that is at most, milliseconds. */
const UNDER_WAY = 2
const GATHER_MS = 20
/** Ops that one call of Redis takes: it holds Redis for a few milliseconds. */
const OPS = 500

export interface Gathering {
  /** Resolves once the process has read what has arrived. */
  turn(): Promise<unknown>
  /** Waits so many milliseconds. */
  sleep(ms: number): Promise<unknown>
}

/**
 * Hydration, one call for all who need it in the same turn of the process: their posts and sessions are read from
 * Postgres together and installed together. While two groups are under way the next one gathers what comes until one of
 * them has ended, or for 20 ms: a Postgres that hangs is asked again by those who come later. Of a group that a store
 * refuses each is tried alone, so that what is wrong with one touches no other. A store that does not answer has
 * answered none of them.
 */
export function createHydrations({ turn, sleep }: Gathering): (ctx: Context, need: Need) => Promise<Told> {
  const queue: Waiting[] = []
  let underWay = 0
  let isGathering = false
  let goOn = () => {}

  async function gather(): Promise<void> {
    if (isGathering) return
    isGathering = true
    while (queue.length > 0) {
      if (underWay < UNDER_WAY) await turn()
      else await Promise.race([sleep(GATHER_MS), new Promise<void>(resolve => (goOn = resolve))])
      const group = take()
      underWay++
      run(group).finally(() => {
        underWay--
        goOn()
      })
    }
    isGathering = false
  }

  function take(): Waiting[] {
    const [posts, sessions] = [new Set<string>(), new Set<string>()]
    const n = queue.findIndex(({ need }, i) => {
      for (const id of [...need.postIds, ...need.pairs]) posts.add(id)
      if (need.sessionId !== null) sessions.add(need.sessionId)
      return i > 0 && (posts.size > POSTS || sessions.size > SESSIONS)
    })
    return queue.splice(0, n === -1 ? queue.length : n)
  }

  return (ctx, need) =>
    new Promise((resolve, reject) => {
      queue.push({ ctx, need, resolve, reject })
      gather()
    })
}

async function run(group: Waiting[]): Promise<void> {
  try {
    const told = await hydrateTogether(
      group[0]!.ctx,
      group.map(({ need }) => need),
    )
    for (const [i, { resolve }] of group.entries()) resolve(told[i]!)
  } catch (error) {
    const isOfAll = error instanceof StoreUnavailable && error.scope === 'store'
    if (group.length > 1 && !isOfAll) await Promise.all(group.map(waiting => run([waiting])))
    else for (const { reject } of group) reject(error)
  }
}

async function hydrateTogether(ctx: Context, needs: readonly Need[]): Promise<Told[]> {
  const snapshot = await snapshotOf(ctx, needs)
  const there = new Set(snapshot.posts.map(({ postId }) => postId))
  const [posts, sessions] = await Promise.all([
    installPosts(ctx, snapshot, new Set(needs.flatMap(({ postIds }) => postIds))),
    installSessions(ctx, snapshot, needs, there),
  ])
  const verdicts = [...posts.values(), ...sessions.values()]
  if (verdicts.includes('NEW')) await ctx.drainOnce()
  return needs.map(({ postIds, sessionId, pairs }) => {
    const session = sessionId === null ? 'OK' : sessions.get(sessionId)
    return {
      gone: [...new Set([...postIds, ...pairs])].filter(id => !there.has(id)),
      held: new Set(postIds.filter(id => isHeld(posts.get(id)))),
      isSessionHeld: isHeld(session),
      isOvertaken: session === 'AGAIN' || postIds.some(id => posts.get(id) === 'AGAIN'),
    }
  })
}

const isHeld = (verdict: string | undefined) => verdict === 'MANY' || verdict === 'FEEDING'

/** Of all of them, of one moment. */
async function snapshotOf(
  { postgres, partition, settings }: Context,
  needs: readonly Need[],
): Promise<Snapshots> {
  const pairsOf = new Map<string, Set<string>>()
  for (const { sessionId, pairs } of needs) {
    if (sessionId === null) continue
    const all = pairsOf.get(sessionId) ?? new Set()
    for (const id of pairs) all.add(id)
    pairsOf.set(sessionId, all)
  }
  const postIds = [...new Set(needs.flatMap(({ postIds, pairs }) => [...postIds, ...pairs]))]
  const sessions = [...pairsOf].map(([sessionId, pairs]) => ({ sessionId, pairs: [...pairs] }))
  const of = { partition, postIds, most: settings.sessionOps }
  if (sessions.length > 1) return postgres.snapshots({ ...of, sessions })
  const [one = { sessionId: null, pairs: [] }] = sessions
  const { session, ...rest } = await postgres.snapshot({ ...of, ...one })
  return { ...rest, sessions: session ? [{ sessionId: one.sessionId!, ...session }] : [] }
}

/** A verdict for each cold post that is there. */
async function installPosts(
  { redis, now, settings }: Context,
  { receipt, posts }: Snapshots,
  cold: ReadonlySet<string>,
): Promise<Map<string, string>> {
  const some = posts.filter(({ postId }) => cold.has(postId))
  if (some.length === 0) return new Map()
  const { pendingMost, postMs } = settings
  const of = { now: now(), pendingMost, ttlMs: spread(postMs, now()) }
  const verdicts = await redis!.installPosts(receipt, some, of)
  return new Map(some.map(({ postId }, i) => [postId, verdictOf(verdicts, i, some.length)]))
}

/** Give or take a quarter: what became warm together does not become cold together. */
const spread = (ms: number, now: number): number => Math.round(ms * (0.75 + (now % 1000) / 2000))

/** A verdict for each session, in calls of so many ops that none holds Redis for long. */
async function installSessions(
  { redis, settings }: Context,
  { receipt, sessions }: Snapshots,
  needs: readonly Need[],
  there: ReadonlySet<string>,
): Promise<Map<string, string>> {
  const told = new Map<string, Map<string, number>>(sessions.map(({ sessionId }) => [sessionId, new Map()]))
  for (const { sessionId, pairs } of needs)
    if (sessionId !== null) for (const id of pairs) if (there.has(id)) told.get(sessionId)!.set(id, 0)
  const slices: SessionOps[][] = []
  let left = 0
  for (const { sessionId, extent, ops } of sessions) {
    const all = told.get(sessionId)!
    for (const { postId, op } of ops) all.set(postId, op)
    left -= all.size
    if (left < 0 || slices.length === 0) {
      slices.push([])
      left = OPS - all.size
    }
    slices.at(-1)!.push({ sessionId, extent, ops: all })
  }
  const { sessionMs: ttlMs, sessionOps } = settings
  const verdicts = new Map<string, string>()
  await Promise.all(
    slices.map(async slice => {
      const of = await redis!.installSessions(receipt, slice, { ttlMs, most: 2 * sessionOps })
      for (const [i, { sessionId }] of slice.entries())
        verdicts.set(sessionId, verdictOf(of, i, slice.length))
    }),
  )
  return verdicts
}

/** One for each, or one for all. */
const verdictOf = (verdicts: readonly string[], i: number, n: number): string =>
  verdicts.length === n ? verdicts[i]! : verdicts[0]!
