import { inRedis } from '../compare/compare'
import { type Difference, type Verified, verifyAll } from '../compare/verify'
import { DEFAULT_KIND, type Kind } from '../core/kind'
import { idsOf } from '../core/kind-ids'
import type { Onecount } from '../core/onecount'
import type { PostSummary } from '../core/ports'
import type { Connected } from './connect'
import { createProgress } from './progress'
import { MissingSetting, UsageError } from './settings'
import { shellOption } from './shell'

/** Which posts a command looks at, as its options say. */
export interface Selection {
  post?: string
  sample?: number
  after?: string
}

/** Options that `verify` and `reconcile` share, for parseArgs. */
export const SELECTION_OPTIONS = {
  post: { type: 'string' },
  sample: { type: 'string' },
  after: { type: 'string' },
} as const

/** @throws UsageError that names the option */
export function parseSelection(
  values: { post?: string; sample?: string; after?: string },
  kind: Kind = DEFAULT_KIND,
): Selection {
  const { isPostId, postForm } = idsOf(kind)
  for (const name of ['post', 'after'] as const)
    if (values[name] !== undefined && !isPostId(values[name]))
      throw new UsageError(`--${name} ${values[name]} is no post id: use ${postForm}`)
  if ([values.post, values.sample, values.after].filter(value => value !== undefined).length > 1)
    throw new UsageError('--post, --sample and --after do not go together: use one of them')
  const sample = values.sample === undefined ? undefined : Number(values.sample)
  if (sample !== undefined && (!Number.isSafeInteger(sample) || sample < 1))
    throw new UsageError(`--sample ${values.sample} is no number of posts: use a whole number above 0`)
  return { post: values.post, after: values.after, sample }
}

/** What a command was given, to name the one that goes on where it stopped. */
export interface Invocation {
  command: string
  values: Record<string, string | boolean | undefined>
}

export interface Compared extends Verified {
  /** Not every post was compared: Ctrl-C, or a store failed. */
  incomplete?: 'interrupted' | 'failed'
}

/** 0: nothing is left that differs, 1: something is, 2: that is not known of every post. */
export function exitCode({ incomplete }: Compared, left: number): number {
  if (incomplete === 'failed') return 2
  return left > 0 ? 1 : incomplete ? 2 : 0
}

/**
 * Compares the posts of a selection, with progress on stderr. Where it is stopped in the middle it says how to go on,
 * and answers what it has until then. @throws MissingSetting when there is no such post; StoreUnavailable
 */
export async function compareSelected(
  invocation: Invocation,
  { onecount, toForget }: Connected,
  selection: Selection,
  onDifference: (difference: Difference) => void | Promise<void>,
): Promise<Compared> {
  if (selection.post !== undefined) await assertKnown(onecount, selection.post)
  const stop = new AbortController()
  const interrupt = () => {
    console.error('stopping')
    stop.abort()
  }
  // Once: a second Ctrl-C exits at once.
  process.once('SIGINT', interrupt)
  const progress = createProgress('comparing', selection.sample ?? null)
  const { signal } = stop
  let done: Verified = { posts: 0, differences: 0, cold: 0 }
  let found = 0
  let last = selection.after
  try {
    return await verifyAll(onecount, {
      after: selection.after,
      pages: pagesOf(onecount, selection, signal),
      signal,
      toForget,
      async onDifference(difference) {
        found++
        await onDifference(difference)
      },
      onPage({ last: post, ...counted }) {
        last = post
        done = counted
        progress.update(done.posts)
      },
    })
  } catch (error) {
    progress.clear()
    if (!signal.aborted) console.error(error instanceof Error ? error.message : String(error))
    console.error(`Not every post was compared. ${howToGoOn(invocation, selection, last)}`.trim())
    return { ...done, differences: found, incomplete: signal.aborted ? 'interrupted' : 'failed' }
  } finally {
    progress.clear()
    process.off('SIGINT', interrupt)
  }
}

async function assertKnown(onecount: Onecount, post: string): Promise<void> {
  const { postgres } = onecount.stores
  const [inPostgres, keys] = await Promise.all([postgres.peek([post], null), inRedis(onecount, [post])])
  if (inPostgres.length + keys.size === 0)
    throw new MissingSetting(`--post ${post}: there is no such post in Redis or Postgres`)
}

/** A sample is another one the next time, and one post is compared from its beginning. */
function howToGoOn({ command, values }: Invocation, { post, sample }: Selection, after?: string): string {
  if (post !== undefined || sample !== undefined) return ''
  const options = Object.entries<string | boolean | undefined>({ ...values, after })
    .filter(([, value]) => value)
    .map(([name, value]) => (typeof value === 'string' ? shellOption(name, value) : `--${name}`))
  return `Go on with: ${['npx onecount', command, ...options].join(' ')}`
}

type Page = Pick<PostSummary, 'postId'>[]

/** The pages of a selection; undefined: every post, after the one given. */
function pagesOf(
  onecount: Onecount,
  { post, sample }: Selection,
  signal: AbortSignal,
): AsyncIterable<Page> | undefined {
  if (post !== undefined) return onePost(post)
  if (sample !== undefined) return randomPosts(onecount, sample, signal)
  return undefined
}

export async function* onePost(postId: string): AsyncGenerator<Page> {
  yield [{ postId }]
}

/** Every post has the same chance, wherever its id lies: one pass over all of them, which holds the sample alone. */
async function* randomPosts(onecount: Onecount, size: number, signal: AbortSignal): AsyncGenerator<Page> {
  const sample: PostSummary[] = []
  const progress = createProgress('choosing', null)
  let seen = 0
  try {
    for await (const page of onecount.pages({ signal })) {
      for (const post of page) {
        const place = seen < size ? seen : Math.floor(Math.random() * (seen + 1))
        if (place < size) sample[place] = post
        seen++
      }
      progress.update(seen)
    }
  } finally {
    progress.clear()
  }
  for (const post of sample) yield [post]
}
