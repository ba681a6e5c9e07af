import { contextOf, type Found } from '../compare/found'
import { compareAgain, type Difference } from '../compare/verify'
import { repairMirrors } from '../core/mirrors'
import { nextOp } from '../core/op'
import { kindSettings } from './config'
import { type Connected, connect } from './connect'
import { formatDifferences, LISTED } from './differences'
import type { Command } from './main'
import { parseOptions } from './parse-options'
import { type Compared, compareSelected, exitCode, parseSelection, SELECTION_OPTIONS } from './selection'
import { STORE_OPTIONS, STORE_OPTIONS_HELP, UsageError } from './settings'

const HELP = `Repairs posts on which Redis and Postgres do not agree.

  npx onecount reconcile [options]

  --from postgres  (default) Redis forgets what it holds of the post and reads it from Postgres again
  --from redis     Postgres gets the likes that only Redis has, and loses those that only it has
  --dry-run        only says what differs
  --post ID        this post alone
  --sample N       N posts, chosen at random
  --after ID       go on after this post
  --json           one JSON object on stdout
${STORE_OPTIONS_HELP}
  --help

What is on its way between the stores is drained first, also with --dry-run, and what is still on its way stays. Every
post is compared again afterwards. With --from redis a count that differs although the same people like the post stays
as it is: what a post had before its likes were rows is Postgres'. Ctrl-C stops after the page and says how to go on.
Exit code: 0 all agree now, 1 differences are left, 2 could not check everything.`

type From = 'redis' | 'postgres'

export const reconcile: Command = {
  summary: 'repair what verify finds',
  async run(args) {
    const { values } = parseOptions({
      args,
      options: {
        ...SELECTION_OPTIONS,
        from: { type: 'string', default: 'postgres' },
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean' },
        ...STORE_OPTIONS,
        help: { type: 'boolean' },
      },
    })
    if (values.help) {
      console.log(HELP)
      return 0
    }
    if (values.from !== 'redis' && values.from !== 'postgres')
      throw new UsageError(`--from ${values.from} is no store: use redis or postgres`)
    const from: From = values.from
    const settings = await kindSettings(values)
    const selection = parseSelection(values, settings.kind)
    const stores = await connect(settings)
    const left: Difference[] = []
    let repaired = 0
    try {
      const result = await compareSelected(
        { command: 'reconcile', values },
        stores,
        selection,
        async difference => {
          const kept = left.length < LISTED && left.push(difference)
          if (values['dry-run'] || !(await repair(stores, difference, from))) return
          repaired++
          if (kept) left.pop()
        },
      )
      const { cold: _, ...counts } = result
      const report = { ...counts, repaired, left }
      console.log(values.json ? JSON.stringify(report) : format(report))
      return exitCode(result, result.differences - repaired)
    } finally {
      await stores.close()
    }
  },
}

function format({
  posts,
  differences,
  repaired,
  left,
}: Omit<Compared, 'cold'> & { repaired: number; left: Difference[] }): string {
  const all = differences - repaired
  const line = `${posts} posts compared, ${differences} differed, ${repaired} repaired, ${all} left`
  return left.length > 0 ? `${formatDifferences(left, all)}\n\n${line}` : line
}

/** Whether the post agrees afterwards. @throws StoreUnavailable */
async function repair(stores: Connected, { postId }: Difference, from: From): Promise<boolean> {
  // What was found of a post is bounded: again, as long as it gets smaller.
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    const comparedAt = Date.now() * 1000
    const found = await differenceOf(stores, postId)
    if (!found) return true
    const size = found.keys.length + found.pairs.size
    if (size >= before) return false
    before = size
    if (from === 'redis') await giveToPostgres(stores, found, comparedAt)
    else await giveToRedis(stores, found)
    await repairMirrors(contextOf(stores.onecount, postId), postId)
  }
}

/** Redis forgets the numbers and what it knows of the sessions, and reads them again. */
async function giveToRedis({ onecount }: Connected, { postId, postgresCount, pairs }: Found): Promise<void> {
  const { redis } = contextOf(onecount, postId)
  await redis!.cool(postId, [...pairs.keys()])
  if (postgresCount !== null) await onecount.rehydrate(postId)
  else {
    await repairMirrors(contextOf(onecount, postId), postId)
    await redis!.forget(postId)
  }
}

/** The ops are as old as the comparison: a press that is newer than that wins. */
async function giveToPostgres({ onecount }: Connected, found: Found, comparedAt: number): Promise<void> {
  const { postId, postgresCount, pairs } = found
  // A post that is gone does not come back with its likes.
  if (postgresCount === null) return
  const wrong = [...pairs].filter(([, pair]) => !pair.isMirrorOnly)
  await Promise.all(
    wrong.map(([sessionId, { liked }]) =>
      onecount.set(postId, sessionId, liked, { op: nextOp(comparedAt, 0, liked), ack: 'postgres' }),
    ),
  )
}

const differenceOf = async ({ onecount, toForget }: Connected, postId: string): Promise<Found | undefined> =>
  (await compareAgain(onecount, [postId], { toForget })).differences[0]
