import { createAbsentPosts } from './absent-posts'
import { createAcknowledge } from './acknowledge'
import { withSnapshotBreaker } from './breaker'
import { type Broadcasts, createBroadcasts } from './broadcasts'
import { createClock } from './clock'
import type { Site } from './context'
import { groupWrites } from './group-writes'
import { joinLoops } from './join-loops'
import { DEFAULT_KIND } from './kind'
import { idsOf } from './kind-ids'
import type { Drainer } from './loop'
import { type OnecountOptions, withDefaults } from './options'
import { ownView } from './own-view'
import { createPartition } from './partition'
import { createPruning } from './pruning'
import { createRanking } from './ranking'
import { createReader } from './read-posts'
import { createRefusedPresses } from './refused-presses'
import type { Turns } from './turns'
import type { LikeState, WriteState } from './types'

/** Presses that Postgres takes in one call at most. */
const GROUP = 1000

/** What an engine is made of: its partitions and their drain, and what is shared by all of them. */
export function assemble(options: OnecountOptions, turnsOf?: (partition: number) => Turns) {
  const { partitions, ack, log, clock, elapsed, sleep, turn, settings } = withDefaults(options)
  const { kind = DEFAULT_KIND } = options.postgres
  const ids = idsOf(kind)
  const grouped = groupWrites(options.postgres, {
    size: GROUP,
    patienceMs: settings.deadlineMs,
    elapsed,
    turn,
  })
  const postgres = withSnapshotBreaker(grouped, {
    failures: settings.breakerFailures,
    pauseMs: settings.breakerMs,
    clock: elapsed,
  })
  const now = createClock(clock)
  let broadcasts: Broadcasts | undefined
  const changed = (postIds: Iterable<string>) => broadcasts?.changed(postIds)
  const refusedPresses = createRefusedPresses(log, elapsed)
  const parts = Array.from({ length: partitions }, (_, partition) =>
    createPartition({
      partition,
      partitions,
      kind,
      redis: options.redis,
      postgres,
      redisId: options.redisId || options.redis?.id || '',
      takeOver: options.takeOver ?? false,
      settings,
      drain: options.drain,
      turns: turnsOf?.(partition),
      changed,
      refusedPresses,
      log,
      now,
      elapsed,
      sleep,
      turn,
    }),
  )
  const partOf = (postId: string) => parts[ids.partitionOf(postId, partitions)]!
  const contextOf = (postId: string) => partOf(postId).ctx
  const site: Site = { contexts: parts.map(part => part.ctx), contextOf }
  const pruning = createPruning(postgres, settings.unlikeDays, log)
  const loop = joinLoops(
    parts.map(part => part.loop),
    pruning,
  )
  const moderated = { ...site, postgres, drain: () => loop.flush() }
  const ranking = createRanking(site)
  const absent = createAbsentPosts(elapsed)
  /** What is shown of a state. */
  const view = <S extends LikeState>(state: S): S => (kind.isPrivate ? ownView(state) : state)
  const shared = { parts, partOf, isPostId: ids.isPostId, absent, view, deadlineMs: settings.deadlineMs }
  const acknowledge = createAcknowledge(shared)
  const readPosts = createReader(shared)
  if (options.broadcast && !kind.isPrivate)
    broadcasts = createBroadcasts({
      port: options.broadcast,
      kind: kind.name,
      read: postIds => readPosts(postIds, null),
      log,
      elapsed,
    })

  /** `createAcknowledge`, which tells pages too: a press that Postgres alone has accepted is in no batch of a drain. */
  const acknowledgeAndTell: typeof acknowledge = async (...press): Promise<WriteState> => {
    const state = await acknowledge(...press)
    if (state.source === 'postgres') changed([state.postId])
    return state
  }

  const drainer: Drainer = {
    ...loop,
    async flush(flushOptions) {
      try {
        return await loop.flush(flushOptions)
      } finally {
        await broadcasts?.flush()
      }
    },
    async stop(stopOptions) {
      await loop.stop(stopOptions)
      await broadcasts?.flush()
    },
  }

  return {
    kind,
    ids,
    ack,
    settings,
    elapsed,
    postgres,
    parts,
    contextOf,
    site,
    /** For what moves likes as moderators and tools do. */
    moderated,
    absent,
    ranking,
    readPosts,
    acknowledge: acknowledgeAndTell,
    pruning,
    loop,
    drainer,
  }
}
