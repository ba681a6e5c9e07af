import type { Context } from './context'
import { StoreUnavailable } from './errors'
import type { Keys } from './keys'
import type { PairOp, PostgresState, Reply, ScriptName, Snapshot } from './ports'
import { parseMember } from './replies'

/**
 * How long an id that Postgres does not have is remembered, milliseconds: once in Redis for all processes, and once in
 * each process. So a post that is created is found within twice that time.
 */
export const ABSENT_MS = 1000

/**
 * What became of a cold post: read it again, what Postgres plus pending says while another hydrates it, or gone.
 * `isExact` is false while not every recent op is pending again: Postgres may lack one, and nobody hydrates.
 */
export type Hydration =
  | { kind: 'again' }
  | { kind: 'peeked'; state: PostgresState; isExact: boolean }
  | { kind: 'gone' }

/**
 * Makes cold posts warm: begin → snapshot → install. Many posts at once cost three round trips.
 * Where another one hydrates, answers from Postgres with the ops that Redis holds back, read *before* Postgres so
 * that nothing falls in between.
 * @throws StoreUnavailable
 */
export async function hydrate(
  ctx: Context,
  postIds: string[],
  sessionId: string | null,
): Promise<Map<string, Hydration>> {
  const outcome = new Map<string, Hydration>()
  const { mine, warm, absent, busy } = await begin(ctx, postIds)
  for (const postId of warm) outcome.set(postId, { kind: 'again' })
  for (const postId of absent) outcome.set(postId, { kind: 'gone' })
  await Promise.all([
    mine.size > 0 && installAll(ctx, mine, sessionId, outcome),
    busy.postIds.length > 0 && peekAll(ctx, busy, sessionId, outcome),
  ])
  return outcome
}

/** The right to hydrate a post: only who holds the token installs, as of this epoch. */
interface Right {
  epoch: string
  token: string
}

/** Posts that another one hydrates, with what is pending of them. */
interface Busy {
  postIds: string[]
  pending: PairOp[]
  isExact: boolean
}

interface Begun {
  warm: string[]
  /** Postgres said a moment ago that there are no such posts. */
  absent: string[]
  mine: Map<string, Right>
  busy: Busy
}

type Verdict =
  | [verdict: 'WARM' | 'ABSENT', nothing: never[]]
  | ['MINE', epoch: string, token: string]
  | [verdict: 'BUSY' | 'HELD', pending: string[]]

async function begin(ctx: Context, postIds: string[]): Promise<Begun> {
  const { redis, keys } = ctx
  const verdicts = (await redis!.run(
    'begin',
    [keys.q, keys.absent, ...postIds.flatMap(id => keysOf(keys, id))],
    [ctx.newId(), ctx.newId(), ctx.settings.hydrateMs, ...postIds],
  )) as Verdict[]
  const begun: Begun = {
    warm: [],
    absent: [],
    mine: new Map(),
    busy: { postIds: [], pending: [], isExact: true },
  }
  postIds.forEach((postId, i) => {
    const [verdict, detail, token] = verdicts[i]!
    if (verdict === 'MINE') begun.mine.set(postId, { epoch: detail, token })
    else if (verdict === 'WARM') begun.warm.push(postId)
    else if (verdict === 'ABSENT') begun.absent.push(postId)
    else {
      begun.busy.postIds.push(postId)
      if (verdict === 'HELD') begun.busy.isExact = false
      for (const member of detail) begun.busy.pending.push(parseMember(member))
    }
  })
  return begun
}

async function installAll(
  ctx: Context,
  mine: Map<string, Right>,
  sessionId: string | null,
  outcome: Map<string, Hydration>,
): Promise<void> {
  const gone = new Set(mine.keys())
  const failed: string[] = []
  try {
    const snapshots = await ctx.postgres.snapshot([...mine.keys()])
    for (const { postId } of snapshots) gone.delete(postId)
    await Promise.all(
      snapshots.map(async snapshot => {
        try {
          const verdict = await install(ctx, snapshot, mine.get(snapshot.postId)!)
          if (verdict === 'UNKNOWN') failed.push(snapshot.postId)
        } catch (error) {
          if (!(error instanceof StoreUnavailable)) throw error
          failed.push(snapshot.postId)
        }
      }),
    )
    for (const postId of mine.keys()) outcome.set(postId, { kind: gone.has(postId) ? 'gone' : 'again' })
    if (failed.length > 0) await peekFailed(ctx, failed, sessionId, outcome)
  } catch (error) {
    await release(ctx, mine.keys(), mine).catch(() => {})
    throw error
  }
  if (failed.length > 0) await release(ctx, failed, mine).catch(() => {})
  if (gone.size > 0) await markAbsent(ctx, [...gone], mine)
}

/**
 * Posts that could not be installed, though the others of the page could. The rights to them are still held, so what is
 * pending is told as to any reader that meets a hydrator. @throws StoreUnavailable when Redis refuses this, too
 */
async function peekFailed(
  ctx: Context,
  postIds: string[],
  sessionId: string | null,
  outcome: Map<string, Hydration>,
): Promise<void> {
  const { mine, busy } = await begin(ctx, postIds)
  await Promise.all([
    // Its right ran out meanwhile: read it again.
    release(ctx, mine.keys(), mine),
    busy.postIds.length > 0 && peekAll(ctx, busy, sessionId, outcome),
  ])
}

/** Installs one snapshot; a large one in chunks of bounded size. Losing the token is fine: another one hydrates. */
async function install(ctx: Context, snapshot: Snapshot, { epoch, token }: Right): Promise<Reply> {
  const { keys, settings } = ctx
  const { postId, ratings, unseen } = snapshot
  const staged = ratings.length > settings.chunkSize
  for (let i = 0; staged && i < ratings.length; i += settings.chunkSize) {
    const chunk = ratings.slice(i, i + settings.chunkSize)
    const reply = await send(
      ctx,
      'stage',
      [
        keys.hydrating(postId),
        keys.staged(postId),
        keys.stagedOps(postId),
        ...chunk.map(r => keys.sessions(r.sessionId)),
      ],
      [postId, token, settings.hydrateMs, i === 0 ? '1' : '0', ...chunk.flatMap(r => [r.sessionId, r.op])],
    )
    if (reply === 'LOST') return reply
  }
  const inline = staged ? unseen : [...ratings, ...unseen]
  return send(
    ctx,
    'install',
    [
      keys.q,
      keys.recent,
      keys.rank,
      keys.likes(postId),
      keys.liked(postId),
      keys.meta(postId),
      keys.hydrating(postId),
      keys.staged(postId),
      keys.stagedOps(postId),
      ...inline.map(r => keys.sessions(r.sessionId)),
    ],
    [
      postId,
      token,
      epoch,
      ctx.now(),
      snapshot.likes - ratings.length,
      snapshot.rev,
      staged ? ratings.length : 0,
      inline.length - unseen.length,
      snapshot.receipt,
      ...inline.flatMap(r => [r.sessionId, r.op]),
    ],
  )
}

/** Few at once, so that other calls are answered in between. */
function send(ctx: Context, script: ScriptName, keys: string[], args: (string | number)[]): Promise<Reply> {
  return ctx.installs(args.length / 2, () => ctx.redis!.run(script, keys, args))
}

/**
 * Drops what an older Redis still holds of posts that are gone. For a moment no process asks Postgres for them again: a
 * crowd that opens a dead link costs it one question a second.
 */
async function markAbsent(ctx: Context, postIds: string[], rights: Map<string, Right>): Promise<void> {
  const { redis, keys } = ctx
  await redis!.run(
    'absent',
    [keys.absent, keys.rank, ...postIds.flatMap(id => keysOf(keys, id))],
    [ABSENT_MS, ...postIds.flatMap(id => [id, rights.get(id)!.token])],
  )
}

/** Gives the right to hydrate back, so that nobody waits for a token to run out. */
async function release(ctx: Context, postIds: Iterable<string>, rights: Map<string, Right>): Promise<void> {
  await Promise.all(
    [...postIds].map(id => ctx.redis!.run('release', [ctx.keys.hydrating(id)], [rights.get(id)!.token])),
  )
}

async function peekAll(
  ctx: Context,
  { postIds, pending, isExact }: Busy,
  sessionId: string | null,
  outcome: Map<string, Hydration>,
): Promise<void> {
  const states = new Map((await ctx.postgres.peek(postIds, sessionId, pending)).map(s => [s.postId, s]))
  for (const postId of postIds) {
    const state = states.get(postId)
    outcome.set(postId, state ? { kind: 'peeked', state, isExact } : { kind: 'gone' })
  }
}

const keysOf = (keys: Keys, id: string): string[] => [
  keys.likes(id),
  keys.liked(id),
  keys.meta(id),
  keys.hydrating(id),
]
