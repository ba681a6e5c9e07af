import { DEFAULT_KIND } from '../core/kind'
import type { PostgresPort, RedisPort, Reply, ScriptName, SyncBatch, SyncResult } from '../core/ports'
import { observe, type Recorder } from './recorder'

type Step = 'collect' | 'sync' | 'settle'

/** Of all kinds and partitions together: a call of Redis does not say of which kind it is. */
export function createSteps(recorder: Recorder) {
  const stepOf = (step: Step) => {
    const times = recorder.durations('onecount_drain_step_duration_seconds', { step })
    const failures = recorder.count('onecount_drain_step_failures_total', { step })
    return async <T>(call: Promise<T>): Promise<T> => {
      const began = performance.now()
      try {
        const answer = await call
        observe(times, performance.now() - began)
        return answer
      } catch (error) {
        failures.value++
        throw error
      }
    }
  }
  return { collect: stepOf('collect'), sync: stepOf('sync'), settle: stepOf('settle') }
}

export type Steps = ReturnType<typeof createSteps>

/** `port`, with the scripts of the drain and of hydration counted. What people press and read goes through as it is. */
export function createRedisWatch(recorder: Recorder, { collect, settle }: Steps) {
  const posts = recorder.count('onecount_hydrated_total', { of: 'post' })
  const sessions = recorder.count('onecount_hydrated_total', { of: 'session' })
  const divergences = recorder.count('onecount_divergences_total', {})
  const watched: Partial<Record<ScriptName, (call: Promise<Reply>) => Promise<Reply>>> = {
    collect,
    settle,
    'install-posts': call => told(call, reply => (posts.value += installed(reply))),
    'install-sessions': call => told(call, reply => (sessions.value += installed(reply))),
    resolve: call => told(call, reply => (divergences.value += Number(reply === 'DIVERGED'))),
  }
  return (port: RedisPort): RedisPort => ({
    id: port.id,
    isCluster: port.isCluster,
    run(script, keys, args) {
      const call = port.run(script, keys, args)
      const watch = watched[script]
      return watch ? watch(call) : call
    },
  })
}

async function told(call: Promise<Reply>, tell: (reply: Reply) => void): Promise<Reply> {
  const reply = await call
  tell(reply)
  return reply
}

/** Of the verdicts of an installing script, those that say it was done. */
const installed = (reply: Reply): number =>
  Array.isArray(reply) ? reply.filter(verdict => verdict === 'OK').length : 0

/** `port`, with its batches counted. */
export function watchPostgres(port: PostgresPort, recorder: Recorder, steps: Steps): PostgresPort {
  const { name: kind } = port.kind ?? DEFAULT_KIND
  const ended = (outcome: string) => recorder.count('onecount_drain_batches_total', { kind, outcome })
  const [applied, empty, rejected, foreign, repartitioned] = [
    ended('applied'),
    ended('empty'),
    ended('rejected'),
    ended('foreign'),
    ended('repartitioned'),
  ]
  const drained = recorder.count('onecount_drained_ops_total', { kind })
  const refused = recorder.count('onecount_drain_refused_ops_total', { kind })

  function outcomeOf({ entries }: SyncBatch, result: SyncResult) {
    if (result.status === 'applied') return entries.length + result.rows.length > 0 ? applied : empty
    return { rejected, foreign, repartitioned }[result.status]
  }

  async function sync(batch: SyncBatch): Promise<SyncResult> {
    const result = await steps.sync(port.sync(batch))
    outcomeOf(batch, result).value++
    if (result.status === 'applied') {
      drained.value += batch.entries.length - result.refused.length
      refused.value += result.refused.length
    }
    return result
  }

  return new Proxy(port, {
    get: (target, name) => (name === 'sync' ? sync : Reflect.get(target, name)),
  })
}
