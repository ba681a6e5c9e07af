import { OnecountError } from '../core/errors'
import type { Onecount } from '../core/onecount'
import type { LikeState, Source, WriteState } from '../core/types'
import { type Count, observe, type Recorder } from './recorder'

/**
 * `engine`, with its presses and reads counted: one promise, two looks at the clock and an increment a call, and an
 * increment for each post that is read. `onPress` is called for every post whose press was accepted.
 */
export function watchEngine(
  engine: Onecount,
  recorder: Recorder,
  onPress: (postId: string) => void,
): Onecount {
  const { name: kind } = engine.kind
  const pressed = (outcome: string, store: string) =>
    recorder.count('onecount_presses_total', { kind, outcome, store })
  const acceptedByRedis = pressed('accepted', 'redis')
  const durableByRedis = pressed('durable', 'redis')
  const durableByPostgres = pressed('durable', 'postgres')
  const refused = pressed('refused', 'none')
  const unavailable = pressed('unavailable', 'none')
  const invalid = pressed('invalid', 'none')
  const failed = pressed('failed', 'none')
  const pressTimes = recorder.durations('onecount_press_duration_seconds', { kind })
  const readTimes = recorder.durations('onecount_read_duration_seconds', { kind })
  const readFrom = (source: Source) => recorder.count('onecount_read_posts_total', { kind, source })
  const unknown = readFrom('unknown')
  const sources: Record<Source, Count> = {
    redis: readFrom('redis'),
    lagging: readFrom('lagging'),
    postgres: readFrom('postgres'),
    // Browsers alone show what they knew last.
    'last-known': unknown,
    unknown,
  }

  function outcomeOf(error: unknown): Count {
    if (!(error instanceof OnecountError)) return failed
    if (error.code === 'refused') return refused
    if (error.code === 'unavailable') return unavailable
    return error.status < 500 ? invalid : failed
  }

  async function countPress(press: Promise<WriteState>): Promise<WriteState> {
    const began = performance.now()
    try {
      const state = await press
      if (state.source === 'postgres') durableByPostgres.value++
      else if (state.durable) durableByRedis.value++
      else acceptedByRedis.value++
      onPress(state.postId)
      return state
    } catch (error) {
      outcomeOf(error).value++
      throw error
    } finally {
      observe(pressTimes, performance.now() - began)
    }
  }

  function countStates(states: Iterable<LikeState>): void {
    for (const { source } of states) sources[source].value++
  }

  return {
    ...engine,
    set: (postId, sessionId, liked, options) => countPress(engine.set(postId, sessionId, liked, options)),
    toggle: (postId, sessionId, options) => countPress(engine.toggle(postId, sessionId, options)),
    async read(postIds, sessionId) {
      const began = performance.now()
      const states = await engine.read(postIds, sessionId)
      observe(readTimes, performance.now() - began)
      countStates(states.values())
      return states
    },
    async likedBy(sessionId, page) {
      const liked = await engine.likedBy(sessionId, page)
      countStates(liked.likes)
      return liked
    },
  }
}
