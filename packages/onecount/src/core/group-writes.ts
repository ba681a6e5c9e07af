import { StoreUnavailable } from './errors'
import type { PairWrite, PostgresPort, WriteResult } from './ports'

export interface GroupOptions {
  /** Presses in one call at most. */
  size?: number
  /** Calls under way at most. One commits while the next waits for its locks; more of them make smaller groups. */
  calls?: number
  /** A press that has waited for longer than this is not sent: its caller was answered. Milliseconds. */
  patienceMs?: number
  /** Milliseconds since some moment. */
  elapsed?(): number
}

interface Waiting {
  write: PairWrite
  now: number
  ahead: number | undefined
  since: number
  resolve(result: WriteResult): void
  reject(error: unknown): void
}

/**
 * The port with single presses gathered while a call is under way, as databases gather commits: the first one goes at
 * once, and those that come meanwhile share the next call. One hot post is then locked, written and flushed
 * once for all of them, and the pool of connections is left to others. Calls with many presses go through as they are.
 */
export function groupWrites(
  port: PostgresPort,
  {
    size = 1000,
    calls = 2,
    patienceMs = Number.POSITIVE_INFINITY,
    elapsed = () => performance.now(),
  }: GroupOptions = {},
): PostgresPort {
  let queue: Waiting[] = []
  let underWay = 0

  function send(): void {
    while (queue.length > 0 && underWay < calls) {
      const group = take()
      if (group.length === 0) continue
      underWay++
      writeGroup(group).finally(() => {
        underWay--
        send()
      })
    }
  }

  /** The presses of the next call: of each pair one, all judged by the same limit. The others stay in their order. */
  function take(): Waiting[] {
    const group = new Map<string, Waiting>()
    const left: Waiting[] = []
    const [first] = queue
    const oldest = elapsed() - patienceMs
    for (const waiting of queue) {
      const pair = `${waiting.write.postId}|${waiting.write.sessionId}`
      if (waiting.since < oldest) waiting.reject(new StoreUnavailable('postgres', 'the queue is too long'))
      else if (group.size >= size || group.has(pair) || waiting.ahead !== first?.ahead) left.push(waiting)
      else group.set(pair, waiting)
    }
    queue = left
    return [...group.values()]
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
      for (const { reject } of group) reject(error)
    }
  }

  const write: PostgresPort['write'] = (writes, now, options) => {
    if (writes.length !== 1) return port.write(writes, now, options)
    return new Promise<WriteResult>((resolve, reject) => {
      queue.push({ write: writes[0]!, now, ahead: options?.ahead, since: elapsed(), resolve, reject })
      send()
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
