import { StoreUnavailable } from './errors'
import type { PairWrite, PostgresPort, WriteResult } from './ports'
import { withoutSessions } from './refusals'

export interface GroupOptions {
  /** Presses in one call at most. */
  size?: number
  /** Calls under way at most. One commits while the next waits for its locks; more of them make smaller groups. */
  calls?: number
  /** A press that has waited for longer than this is not sent: its caller was answered. Milliseconds. */
  patienceMs?: number
  /** Milliseconds since some moment. */
  elapsed?(): number
  /** Resolves once the process has read what has arrived: presses of that time share a call. */
  turn?(): Promise<unknown>
}

interface Waiting {
  write: PairWrite
  pair: string
  now: number
  ahead: number | undefined
  since: number
  resolve(result: WriteResult): void
  reject(error: unknown): void
}

/**
 * The port with single presses gathered while a call is under way, as databases gather commits: those that come in the
 * same turn of the process go at once, and those that come meanwhile share the next call. One hot post is then locked,
 * written and flushed once for all of them, and the pool of connections is left to others. Calls with many presses go
 * through as they are.
 */
export function groupWrites(
  port: PostgresPort,
  {
    size = 1000,
    calls = 2,
    patienceMs = Number.POSITIVE_INFINITY,
    elapsed = () => performance.now(),
    turn = () => new Promise(resolve => setImmediate(resolve)),
  }: GroupOptions = {},
): PostgresPort {
  let queue: Waiting[] = []
  let underWay = 0
  let isSending = false
  /** Pairs of the presses under way. */
  const pairs = new Set<string>()

  /**
   * People who were answered together press again together: without the turn between, the first of them would take the
   * call that is free for itself, and the others would wait for it.
   */
  function sendSoon(): void {
    if (isSending) return
    isSending = true
    turn().then(() => {
      isSending = false
      send()
    })
  }

  function send(): void {
    while (calls > underWay) {
      const group = take()
      if (group.length === 0) return
      underWay++
      for (const { pair } of group) pairs.add(pair)
      writeGroup(group).finally(() => {
        underWay--
        for (const { pair } of group) pairs.delete(pair)
        sendSoon()
      })
    }
  }

  /**
   * The presses of the next call, all judged by the same limit. Those of a pair stay in their order: none overtakes one
   * that is left, and none is sent beside one that is under way, as Postgres could be told of both in the wrong order.
   */
  function take(): Waiting[] {
    const group: Waiting[] = []
    const left: Waiting[] = []
    const held = new Set(pairs)
    const oldest = elapsed() - patienceMs
    for (const waiting of queue) {
      const { pair, ahead, since } = waiting
      if (since < oldest) {
        waiting.reject(new StoreUnavailable('postgres', 'the queue is too long'))
        continue
      }
      const fits = group.length < size && (group.length === 0 || group[0]!.ahead === ahead)
      const takes = fits && !held.has(pair) ? group : left
      takes.push(waiting)
      held.add(pair)
    }
    queue = left
    return group
  }

  async function writeGroup(group: Waiting[]): Promise<void> {
    try {
      const now = Math.max(...group.map(waiting => waiting.now))
      const [{ ahead }] = group as [Waiting]
      const results = await port.write(
        group.map(waiting => waiting.write),
        now,
        ahead === undefined ? undefined : { ahead },
      )
      for (const [i, { resolve }] of group.entries()) resolve(results[i]!)
    } catch (error) {
      // A press that Postgres refuses is a result of its own: an error is about all of them.
      const shown = withoutSessions(
        error,
        group.map(waiting => waiting.write),
      )
      for (const { reject } of group) reject(shown)
    }
  }

  const write: PostgresPort['write'] = (writes, now, options) => {
    if (writes.length !== 1) return port.write(writes, now, options)
    const [press] = writes as [PairWrite]
    const pair = `${press.postId}|${press.sessionId}`
    return new Promise<WriteResult>((resolve, reject) => {
      queue.push({ write: press, pair, now, ahead: options?.ahead, since: elapsed(), resolve, reject })
      sendSoon()
    }).then(result => [result])
  }

  return new Proxy(port, {
    get(target, name) {
      if (name === 'write') return write
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
