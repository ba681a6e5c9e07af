import { cpus } from 'node:os'
import { createClock, nextOp } from 'onecount'
import { sessionId, spreadPost, spreadRatings, writeRatings } from './ratings'
import { warmSessions } from './sessions'
import { round } from './statistics'
import { POSTS, startStores } from './stores'

interface MemoryReport {
  machine: string
  steps: Step[]
}

/** What one step has added to Redis. */
interface Step {
  step: string
  likes: number
  /** Of `used_memory`; of the first step by each post. */
  bytesPerLike: number
  kinds: Kind[]
}

interface Kind {
  /** Name of the keys without their id. */
  kind: string
  keys: number
  /** Keys that the step has added, and bytes of all keys of the kind by `MEMORY USAGE`, by each of the step's likes. */
  addedKeys: number
  bytesPerLike: number
  /** Bytes of a key on average, after the step. */
  bytesPerKey: number
}

const SESSIONS = 10_000
const LIKES_PER_SESSION = 20
/** Likes that are pressed in one step. */
const PRESSED = 20_000
const SCAN_PAGE = 1000

type Stores = Awaited<ReturnType<typeof startStores>>
type Keys = Map<string, { keys: number; bytes: number }>

/** What a like, a session and an op cost in Redis' memory, with ids of 36 characters. */
export async function memory(_: object, say: (line: string) => void) {
  say('starting Redis and PostgreSQL …')
  const stores = await startStores({ hydrate: false })
  const { client, onecount, sql } = stores
  try {
    const steps: Step[] = []
    let before = { used: await usedMemory(stores), keys: await keysByKind(stores) }
    const measured = async (step: string, likes: number, work: () => Promise<unknown>) => {
      say(`${step} …`)
      await work()
      const after = { used: await usedMemory(stores), keys: await keysByKind(stores) }
      steps.push({
        step,
        likes,
        bytesPerLike: Math.round((after.used - before.used) / likes),
        kinds: difference(before.keys, after.keys, likes),
      })
      before = after
    }
    await measured('posts without likes', POSTS, () => onecount.hydrateAll())
    await writeRatings(sql, spreadRatings(SESSIONS, LIKES_PER_SESSION))
    await measured(`sessions with ${LIKES_PER_SESSION} likes each`, SESSIONS * LIKES_PER_SESSION, () =>
      warmSessions(onecount, SESSIONS),
    )
    const now = createClock()
    // With an op, as browsers press.
    const pressOne = (session: number, k: number) =>
      onecount.set(spreadPost(session, k), sessionId(session), true, { op: nextOp(now(), 0, true) })
    const press = (session: (n: number) => number, k: (n: number) => number) => async () => {
      for (let n = 0; n < PRESSED; n += 50) {
        const some = Array.from({ length: 50 }, (_, i) => n + i)
        await Promise.all(some.map(i => pressOne(session(i), k(i))))
      }
    }
    await measured(
      'likes of these sessions, pending',
      PRESSED,
      press(
        n => 1 + (n % SESSIONS),
        n => LIKES_PER_SESSION + 1 + Math.floor(n / SESSIONS),
      ),
    )
    await measured('the same likes, once drained', PRESSED, () =>
      onecount.drainer.flush({ budgetMs: 60_000 }),
    )
    await measured('first likes of new sessions, drained', PRESSED, async () => {
      await press(
        n => SESSIONS + 1 + n,
        () => 1,
      )()
      await onecount.drainer.flush({ budgetMs: 60_000 })
    })
    const machine = `${cpus().length} cores, Node ${process.version}, Redis ${await versionOf(client)}`
    const report: MemoryReport = { machine, steps }
    return { report, table: format(report) }
  } finally {
    await stores.stop()
  }
}

const versionOf = async (client: Stores['client']) =>
  /redis_version:([\d.]+)/.exec(await client.info('server'))?.[1]

const usedMemory = async ({ client }: Stores): Promise<number> =>
  Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1])

/** A key's name without the id at its end. */
const kindOf = (key: string): string => key.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, '…')

async function keysByKind({ client }: Stores): Promise<Keys> {
  const kinds: Keys = new Map()
  for (let cursor = '0'; ; ) {
    const [next, names] = await client.scan(cursor, 'COUNT', SCAN_PAGE)
    const sizes = await Promise.all(names.map(name => client.memory('USAGE', name, 'SAMPLES', 0)))
    names.forEach((name, i) => {
      const { keys, bytes } = kinds.get(kindOf(name)) ?? { keys: 0, bytes: 0 }
      kinds.set(kindOf(name), { keys: keys + 1, bytes: bytes + (sizes[i] ?? 0) })
    })
    cursor = next
    if (cursor === '0') return kinds
  }
}

function difference(before: Keys, after: Keys, likes: number): Kind[] {
  const nothing = { keys: 0, bytes: 0 }
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .map(kind => {
      const [was, is] = [before.get(kind) ?? nothing, after.get(kind) ?? nothing]
      return {
        kind,
        keys: is.keys,
        addedKeys: is.keys - was.keys,
        bytesPerLike: round((is.bytes - was.bytes) / likes, 1),
        bytesPerKey: Math.round(is.bytes / Math.max(1, is.keys)),
      }
    })
    .filter(({ addedKeys, bytesPerLike }) => addedKeys !== 0 || bytesPerLike !== 0)
}

function format({ machine, steps }: MemoryReport): string {
  const line = (cells: (string | number)[]) =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(40) : String(cell).padStart(13))).join('')
  const n = (value: number) => value.toLocaleString('en')
  return [
    `bytes in Redis, ids of 36 characters, ${machine}`,
    line(['', 'bytes a like', 'keys added', 'bytes a key']),
    ...steps.flatMap(({ step, likes, bytesPerLike, kinds }) => [
      line([`${n(likes)} ${step}`, bytesPerLike]),
      ...kinds.map(({ kind, bytesPerLike, addedKeys, bytesPerKey }) =>
        line([`  ${kind}`, bytesPerLike, n(addedKeys), n(bytesPerKey)]),
      ),
    ]),
  ].join('\n')
}
