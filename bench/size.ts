import { cpus } from 'node:os'
import { longestCall, watchCalls } from './commands'
import { sessionId, sqlPost, sqlSession, writeRatings } from './ratings'
import { median, round } from './statistics'
import { postId, startStores } from './stores'

interface SizeReport {
  machine: string
  sizes: Size[]
  /** The greatest median of an action over that for the fewest likers. */
  growth: Record<Action, number>
}

type Action = 'like' | 'read' | 'hydrate' | 'remove'

interface Size {
  likers: number
  actions: Record<Action, Timed>
}

interface Timed {
  medianMs: number
  calls: number
  /** The longest that Redis was busy with one call, milliseconds. */
  redisMs: number
}

/** Likers of a post, and how many posts have so many. */
const SIZES = [
  { likers: 10, posts: 20 },
  { likers: 1000, posts: 20 },
  { likers: 100_000, posts: 3 },
  { likers: 1_000_000, posts: 1 },
]
type Stores = Awaited<ReturnType<typeof startStores>>

const WARM_UP = { likers: 100, posts: 20 }
const ACTIONS: Action[] = ['like', 'read', 'hydrate', 'remove']
const SAMPLES = 300
/** Likers that read, again and again: the first read of each brings its session into Redis and is not measured. */
const READERS = 10
/** Cold posts that are hydrated, unless that takes longer. */
const HYDRATIONS = 20
const HYDRATE_MS = 5000

/** What a post costs by the number of its likers: one action after the other, nothing else under way. */
export async function size({ ratings }: { ratings: number }, say: (line: string) => void) {
  say('starting Redis and PostgreSQL …')
  const stores = await startStores({ hydrate: false })
  try {
    await stores.onecount.drainer.flush()
    const report: SizeReport = {
      machine: `${cpus().length} cores, Node ${process.version}`,
      sizes: [],
      growth: { like: 0, read: 0, hydrate: 0, remove: 0 },
    }
    let next = 1
    const measure = async ({ likers, posts }: { likers: number; posts: number }) => {
      const actions = await measureSize(stores, next, posts, likers)
      next += posts
      return { likers, actions }
    }
    say('warming up …')
    await measure(WARM_UP)
    for (const of of SIZES.filter(({ likers }) => likers <= ratings)) {
      say(`${of.posts} posts with ${of.likers.toLocaleString('en')} likers …`)
      report.sizes.push(await measure(of))
    }
    for (const action of ACTIONS) {
      const medians = report.sizes.map(({ actions }) => actions[action].medianMs)
      report.growth[action] = round(Math.max(...medians) / (medians[0] ?? Number.NaN), 2)
    }
    return { report, table: format(report) }
  } finally {
    await stores.stop()
  }
}

/** Measures posts from number `first` on, which have no ratings before and are removed afterwards. */
async function measureSize(
  { client, onecount, sql }: Stores,
  first: number,
  posts: number,
  likers: number,
): Promise<Size['actions']> {
  await writeRatings(
    sql,
    `select ${sqlPost('p')}, ${sqlSession('s')}
       from generate_series(${first}, ${first + posts - 1}) p, generate_series(1, ${likers}) s`,
  )
  const ids = Array.from({ length: posts }, (_, i) => postId(first + i))
  const any = () => ids[Math.floor(Math.random() * ids.length)]!
  const reader = () => sessionId(1 + Math.floor(Math.random() * READERS))
  const hydrateOne = async (n: number) => {
    const count = await onecount.rehydrate(ids[n % posts]!)
    if (count !== likers) throw new Error(`a post with ${likers} likers was hydrated with ${count}`)
  }
  const hydrate = await time(client, hydrateOne, HYDRATIONS, HYDRATE_MS)
  // Those that the time was too short for.
  await onecount.read(ids)
  for (let n = 1; n <= READERS; n++) await onecount.read(ids, sessionId(n))
  const read = await time(client, () => onecount.read([any()], reader()), SAMPLES)
  const like = await time(client, () => onecount.set(any(), crypto.randomUUID(), true), SAMPLES)
  await onecount.drainer.flush()
  const remove = await time(client, n => onecount.removePost(ids[n]!), posts)
  return { like, read, hydrate, remove }
}

async function time(
  client: Stores['client'],
  work: (n: number) => Promise<unknown>,
  calls: number,
  withinMs = Number.POSITIVE_INFINITY,
): Promise<Timed> {
  const times: number[] = []
  await watchCalls(client)
  const end = performance.now() + withinMs
  while (times.length < calls && (times.length === 0 || performance.now() < end)) {
    const began = performance.now()
    await work(times.length)
    times.push(performance.now() - began)
  }
  return {
    medianMs: round(median(times), 2),
    calls: times.length,
    redisMs: round(await longestCall(client), 2),
  }
}

function format({ machine, sizes, growth }: SizeReport): string {
  const line = (cells: (string | number)[]) =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(12) : String(cell).padStart(26))).join('')
  const cell = ({ medianMs, redisMs, calls }: Timed) => `${medianMs} | ${redisMs} (${calls})`
  return [
    `one post by the number of its likers, one call at a time, ${machine}`,
    'median ms | longest Redis call ms (calls)',
    line(['likers', ...ACTIONS]),
    ...sizes.map(({ likers, actions }) =>
      line([likers.toLocaleString('en'), ...ACTIONS.map(action => cell(actions[action]))]),
    ),
    line(['growth', ...ACTIONS.map(action => `${growth[action]} times`)]),
  ].join('\n')
}
