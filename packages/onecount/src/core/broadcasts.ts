import type { BroadcastPort, Logger } from './ports'
import { PAGE } from './read-posts'
import { type ToldLikes, topicOf } from './topics'
import type { LikeState } from './types'
import { withTimeout } from './with-timeout'

interface BroadcastsOptions {
  port: BroadcastPort
  /** The name of the kind. */
  kind: string
  read(postIds: readonly string[]): Promise<Map<string, LikeState>>
  log: Logger
  /** Milliseconds, by a clock that is never set. */
  elapsed(): number
}

/** One topic: what is to be told on it, and when. */
interface Topic {
  name: string
  /** Changed since they were told last, the one that waits longest first. */
  posts: Set<string>
  /** Not before, by `elapsed`. */
  due: number
  failures: number
  timer?: NodeJS.Timeout
  sending?: Promise<void>
}

/** From one message of a topic to the next at least, milliseconds. */
const EVERY_MS = 250
/** Posts in a message at most: one read, and a few kilobytes. */
const MOST_TOLD = PAGE
/** Posts that wait on a topic at most; the rest is told with their next change, and pages read by themselves. */
const MOST_WAITING = 2000
/** A message that has not been accepted after this counts as failed, milliseconds. */
const SEND_MS = 5000
/** Between attempts at most, milliseconds. */
const MOST_PAUSE_MS = 30_000

/**
 * Tells pages of posts whose likes have changed: one message a topic, at most four a second, each with the numbers of
 * the moment when it goes out. A hot post costs as many messages as a post that is liked four times a second. Nothing
 * waits for it: a Realtime that is slow or away holds one request a topic and the ids of what has changed meanwhile.
 */
export function createBroadcasts({ port, kind, read, log, elapsed }: BroadcastsOptions) {
  const topics = new Map<string, Topic>()
  /** Called when nothing is to be told any more. */
  const waiting = new Set<() => void>()
  let isPaused = false

  /** The likes of these posts have changed. Returns at once. */
  function changed(postIds: Iterable<string>): void {
    const touched = new Set<Topic>()
    for (const postId of postIds) {
      const topic = topicFor(topicOf(kind, postId))
      add(topic, postId)
      touched.add(topic)
    }
    for (const topic of touched) plan(topic)
  }

  function topicFor(name: string): Topic {
    const topic = topics.get(name) ?? { name, posts: new Set(), due: 0, failures: 0 }
    topics.set(name, topic)
    return topic
  }

  function add({ posts }: Topic, postId: string): void {
    posts.add(postId)
    if (posts.size > MOST_WAITING) posts.delete(posts.values().next().value!)
  }

  function plan(topic: Topic): void {
    if (topic.sending || topic.timer || topic.posts.size === 0) return
    const pause = topic.due - elapsed()
    if (pause <= 0) {
      begin(topic)
      return
    }
    topic.timer = setTimeout(() => {
      topic.timer = undefined
      begin(topic)
    }, pause)
    topic.timer.unref()
  }

  function begin(topic: Topic): void {
    topic.due = elapsed() + EVERY_MS
    topic.sending = send(topic).finally(() => {
      topic.sending = undefined
      plan(topic)
      if (isIdle()) for (const resume of waiting) resume()
    })
  }

  async function send(topic: Topic): Promise<void> {
    const postIds = [...topic.posts].slice(0, MOST_TOLD)
    for (const postId of postIds) topic.posts.delete(postId)
    try {
      const likes = toldOf(await read(postIds))
      if (likes.length > 0)
        await withTimeout(port.send(topic.name, likes), SEND_MS, () => {
          throw new Error(`no answer within ${SEND_MS} ms`)
        })
      topic.failures = 0
      if (isPaused && ![...topics.values()].some(({ failures }) => failures > 0)) {
        isPaused = false
        log.warn('broadcast resumed')
      }
    } catch (error) {
      for (const postId of postIds) add(topic, postId)
      topic.due = elapsed() + Math.min(MOST_PAUSE_MS, EVERY_MS * 2 ** ++topic.failures)
      if (isPaused) return
      isPaused = true
      const reason = error instanceof Error ? error.message : String(error)
      log.warn(`broadcast paused: ${reason}`)
    }
  }

  /** Nothing is left to tell, but for topics that Realtime does not take. */
  const isIdle = () =>
    [...topics.values()].every(
      ({ sending, posts, failures }) => !sending && (posts.size === 0 || failures > 0),
    )

  return {
    changed,
    /** Resolves when everything has been told, or Realtime does not take it, or after `ms`. Never rejects. */
    async flush(ms = 1000): Promise<void> {
      if (isIdle()) return
      let resume = () => {}
      const told = new Promise<void>(resolve => {
        resume = resolve
        waiting.add(resume)
      })
      await withTimeout(told, ms, () => {})
      waiting.delete(resume)
    },
  }
}

export type Broadcasts = ReturnType<typeof createBroadcasts>

/** What is exact: a count that lags is told when the batch has come that explains it. */
function toldOf(states: Map<string, LikeState>): ToldLikes[] {
  const told: ToldLikes[] = []
  for (const { postId, count, rev, source } of states.values())
    if (count !== null && (source === 'redis' || source === 'postgres')) told.push([postId, count, rev])
  return told
}
