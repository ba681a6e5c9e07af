/**
 * Follows other people's likes through Supabase Realtime, with a client that the page has.
 * @module
 */
'use client'

import { useEffect, useRef } from 'react'
import { JOIN_SPREAD_MS, REJOIN_SPREAD_MS } from './between'
import { followEvents } from './follow-events'
import { hint } from './hint'
import { later } from './later'
import { useLikesStore } from './provider'
import type { RealtimeSource } from './realtime-source'
import type { LikesStore } from './store'

export { hint } from './hint'
export type { RealtimeSource } from './realtime-source'

/** Where the counts of the posts are, for Realtime. */
export interface SubscriptionOptions {
  /**
   * Of which kind these counts are.
   * @default 'like'
   */
  kind?: string
  /**
   * The schema of the table.
   * @default 'public'
   */
  schema?: string
  /**
   * The table whose rows are the posts.
   * @default 'posts_new'
   */
  table?: string
  /**
   * Its column of the id.
   * @default 'id'
   */
  id?: string
  /**
   * Its column of the count.
   * @default 'likes'
   */
  count?: string
  /**
   * Its column of the revision.
   * @default 'likes_rev'
   */
  rev?: string
  /**
   * Whether the server broadcasts likes (`broadcast` of `onecountNext` or of the engine): the page joins the topics of
   * what is on screen, and hears of nothing else. Where it may not join them it follows the rows instead. Never of a
   * server that does not broadcast: such a page would hear nothing.
   * @default false
   */
  broadcast?: boolean
}

/** A client, or what loads one when the page is there: nothing on the first screen waits for it. */
export type RealtimeClient = RealtimeSource | (() => Promise<RealtimeSource>)

/**
 * Follows other people's likes through Supabase Realtime: changes of the posts' rows, or with `broadcast` what the server
 * sends on private channels. Browsers can send neither; a public channel is not listened to, as everybody who has the
 * publishable key can send there. A hint, never the truth: after every (re)subscription what is on screen is read again; every few seconds while there is none, with
 * `null` for a client that is not there (yet) or cannot be loaded too; and about once a minute while there is one.
 *
 * @param client a function is called once, when this is mounted or follows `null`
 * @example
 * useLikesSubscription(() => import('./supabase-browser').then(({ supabase }) => supabase))
 */
export function useLikesSubscription(
  client: RealtimeClient | null,
  {
    kind,
    schema = 'public',
    table = 'posts_new',
    id = 'id',
    count = 'likes',
    rev = 'likes_rev',
    broadcast = false,
  }: SubscriptionOptions = {},
): void {
  const store = useLikesStore(kind)
  // A function is written anew with each render, as a rule: it loads the same client.
  const latest = useRef(client)
  useEffect(() => {
    latest.current = client
  })
  const loads = typeof client === 'function'
  const known = loads ? null : client

  useEffect(() => {
    followEvents(store)
    const follower = { hasJoined: false }
    store.followers.add(follower)
    store.caretaker?.poller.follow()
    const joined = (hasJoined: boolean) => {
      if (follower.hasJoined === hasJoined) return
      follower.hasJoined = hasJoined
      store.caretaker?.poller.follow()
    }
    let stop: (() => void) | undefined
    let isOver = false
    const begin = (supabase: RealtimeSource) => {
      if (isOver) return
      const followRows = () => subscribe(store, supabase, { schema, table, id, count, rev }, joined)
      if (!broadcast) {
        stop = followRows()
        return
      }
      // A file of its own, which pages that follow rows do not load.
      import('./follow-broadcasts').then(
        ({ followBroadcasts }) => {
          if (!isOver) stop = followBroadcasts(store, supabase, joined, followRows)
        },
        () => {
          if (!isOver) stop = followRows()
        },
      )
    }
    if (known) begin(known)
    else if (loads && typeof latest.current === 'function')
      latest.current().then(begin, () => {
        console.warn('[onecount] the Realtime client cannot be loaded: counts are polled')
      })
    return () => {
      isOver = true
      stop?.()
      store.followers.delete(follower)
      store.caretaker?.poller.follow()
    }
  }, [store, known, loads, schema, table, id, count, rev, broadcast])
}

function subscribe(
  store: LikesStore,
  supabase: RealtimeSource,
  { schema, table, ...columns }: Required<Omit<SubscriptionOptions, 'kind' | 'broadcast'>>,
  joined: (isJoined: boolean) => void,
): () => void {
  let isFirst = true
  let isOver = false
  const channel = supabase
    .channel(`onecount${store.scope}:${table}`)
    .on<Row>('postgres_changes', { event: 'UPDATE', schema, table }, ({ new: row }) =>
      hear(store, row, columns),
    )
    .subscribe(status => {
      if (isOver) return
      joined(status === 'SUBSCRIBED')
      // Joined: something may have been missed. Failed: whether the server is there at all, a read will tell.
      if (status === 'CLOSED') return
      const spreadMs = isFirst && status === 'SUBSCRIBED' ? JOIN_SPREAD_MS : REJOIN_SPREAD_MS
      later(({ lookAfter }) => lookAfter(store).refreshWithin(spreadMs))
      isFirst = false
    })
  return () => {
    isOver = true
    supabase.removeChannel(channel)
  }
}

type Row = Record<string, unknown>
type Columns = Pick<Required<SubscriptionOptions>, 'id' | 'count' | 'rev'>

/** A row that is too large comes without its columns. */
function hear(store: LikesStore, row: Row, { id, count, rev }: Columns): void {
  const postId = row[id]
  if (typeof postId === 'string') hint(store, postId, { count: numeric(row[count]), rev: numeric(row[rev]) })
}

/** Large integers arrive as numbers or texts; anything else is no number, `null` not 0. */
function numeric(value: unknown): number {
  if (typeof value === 'string' && /^\d{1,16}$/.test(value)) return Number(value)
  return typeof value === 'number' ? value : Number.NaN
}
