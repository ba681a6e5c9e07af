import type { RealtimeChannel } from '@supabase/supabase-js'
import { LIKES_EVENT, topicOf } from '../core/topics'
import { between, JOIN_SPREAD_MS, REJOIN_SPREAD_MS } from './between'
import { hint } from './hint'
import { later } from './later'
import { activeQueries, idOf, isSeen, postsOnScreen, refetch } from './on-page'
import type { RealtimeSource } from './realtime-source'
import type { LikesStore } from './store'

/** A topic of which nothing was on screen for this long is left, milliseconds. */
const LEAVE_MS = 30_000
/** How often it looks what is on screen, milliseconds: what is scrolled into view is read by itself. */
const LOOK_MS = 1000
/** Where it could not join, it tries again after this, milliseconds. */
const AGAIN_MS = [240_000, 360_000] as const

interface Topic {
  channel?: RealtimeChannel
  isJoined: boolean
  hasJoined: boolean
  /** When something of it was on screen last, by the store's clock. */
  seenAt: number
}

/**
 * Hears what the server broadcasts of the posts on screen: joins the private channels of their topics, and leaves one of
 * which nothing was on screen for half a minute. What is on screen is read again after each join. Where Realtime refuses
 * a join, or does not answer it, `followRows` takes over for some minutes.
 *
 * @param joined told whether everything that is on screen is heard of
 * @returns what ends it
 */
export function followBroadcasts(
  store: LikesStore,
  supabase: RealtimeSource,
  joined: (hasJoined: boolean) => void,
  followRows: () => () => void,
): () => void {
  const topics = new Map<string, Topic>()
  /** Topics that were joined: what changed before is read. */
  const unread = new Set<string>()
  let reading: ReturnType<typeof setTimeout> | undefined
  let again: ReturnType<typeof setTimeout> | undefined
  let leaveRows: (() => void) | undefined
  let isOver = false
  /** Whether every topic of what is on screen could be asked for. */
  let isHeard = true

  function look(): void {
    if (isOver || leaveRows) return
    const now = store.clock.now()
    isHeard = true
    // Also of a page behind others: it is right when it comes to the front.
    for (const postId of activeQueries(store).map(idOf)) {
      if (!isSeen(store, postId)) continue
      const name = topicOf(store.kind, postId)
      const topic = topics.get(name) ?? join(name)
      if (topic) topic.seenAt = now
      else isHeard = false
    }
    for (const [name, { seenAt }] of topics) if (now - seenAt > LEAVE_MS) leaveTopic(name)
    tell()
  }

  const tell = () => joined(isHeard && [...topics.values()].every(({ isJoined }) => isJoined))

  /** Undefined while the client has a channel of this name, as one that is being left. */
  function join(name: string): Topic | undefined {
    if (supabase.getChannels().some(({ topic }) => topic === `realtime:${name}`)) return
    const topic: Topic = { isJoined: false, hasJoined: false, seenAt: 0 }
    topics.set(name, topic)
    topic.channel = supabase
      .channel(name, { config: { private: true } })
      .on('broadcast', { event: LIKES_EVENT }, ({ payload }) => hear(store, payload))
      .subscribe((status, error) => {
        if (topics.get(name) !== topic || status === 'CLOSED') return
        topic.isJoined = status === 'SUBSCRIBED'
        if (topic.isJoined && !topic.hasJoined) {
          topic.hasJoined = true
          unread.add(name)
          reading ??= setTimeout(readJoined, between([0, JOIN_SPREAD_MS]))
        } else {
          // Something may have been missed; or whether the server is there at all, a read will tell.
          later(({ lookAfter }) => lookAfter(store).refreshWithin(REJOIN_SPREAD_MS))
        }
        if (topic.isJoined || !isRefusal(status, error)) tell()
        else giveUp()
      })
    return topic
  }

  /** Whether Realtime is there and does not let the page join. A socket that is gone comes back by itself. */
  const isRefusal = (status: string, error: Error | undefined) => {
    const { reason, code } = (error?.cause ?? {}) as { reason?: unknown; code?: unknown }
    return (
      supabase.realtime.isConnected() &&
      (status === 'TIMED_OUT' || (typeof reason === 'string' && code === undefined))
    )
  }

  function readJoined(): void {
    reading = undefined
    const missed = postsOnScreen(store, 'all').filter(postId => unread.has(topicOf(store.kind, postId)))
    unread.clear()
    refetch(store, missed, true)
  }

  function leaveTopic(name: string): void {
    const { channel } = topics.get(name)!
    topics.delete(name)
    if (channel) supabase.removeChannel(channel).then(look, look)
  }

  function giveUp(): void {
    for (const name of topics.keys()) leaveTopic(name)
    joined(false)
    leaveRows = followRows()
    again = setTimeout(() => {
      leaveRows?.()
      leaveRows = undefined
      look()
    }, between(AGAIN_MS))
  }

  const forgetCache = store.queryClient.getQueryCache().subscribe(({ query }) => {
    if (store.owns(query) && query.isActive() && !topics.has(topicOf(store.kind, idOf(query)))) look()
  })
  const looking = setInterval(look, LOOK_MS)
  look()

  return () => {
    isOver = true
    forgetCache()
    clearInterval(looking)
    clearTimeout(reading)
    clearTimeout(again)
    for (const name of topics.keys()) leaveTopic(name)
    leaveRows?.()
  }
}

/** What is no list of likes says nothing; of posts that no view has asked for nothing is kept. */
function hear(store: LikesStore, { likes }: { likes?: unknown }): void {
  if (!Array.isArray(likes)) return
  for (const told of likes) {
    const [postId, count, rev] = Array.isArray(told) ? told : []
    if (typeof postId === 'string' && store.posts.has(postId)) hint(store, postId, { count, rev })
  }
}
