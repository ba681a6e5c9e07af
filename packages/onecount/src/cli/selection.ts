import { isPostId } from '../core/ids'
import type { Onecount } from '../core/onecount'
import type { PostSummary } from '../core/ports'
import type { Connected } from './connect'
import { createProgress } from './progress'
import { MissingSetting } from './settings'
import { type Difference, type Verified, verifyAll } from './verify'

/** Which posts a command looks at, as its options say. */
export interface Selection {
  post?: string
  sample?: number
  after?: string
}

/** Exit code of a command that was stopped by Ctrl-C. */
export const STOPPED = 130

/** Options that `verify` and `reconcile` share, for parseArgs. */
export const SELECTION_OPTIONS = {
  post: { type: 'string' },
  sample: { type: 'string' },
  after: { type: 'string' },
} as const

/** @throws MissingSetting that names the option */
export function parseSelection(values: { post?: string; sample?: string; after?: string }): Selection {
  for (const name of ['post', 'after'] as const)
    if (values[name] !== undefined && !isPostId(values[name]))
      throw new MissingSetting(`--${name} ${values[name]} is no post id: use a UUID in lower case`)
  if ([values.post, values.sample, values.after].filter(value => value !== undefined).length > 1)
    throw new MissingSetting('--post, --sample and --after do not go together: use one of them')
  const sample = values.sample === undefined ? undefined : Number(values.sample)
  if (sample !== undefined && (!Number.isSafeInteger(sample) || sample < 1))
    throw new MissingSetting(`--sample ${values.sample} is no number of posts: use a whole number above 0`)
  return { post: values.post, after: values.after, sample }
}

type Page = Pick<PostSummary, 'postId' | 'ratings'>[]

/** The pages of a selection; undefined: every post, after the one given. */
export function pagesOf(onecount: Onecount, { post, sample }: Selection): AsyncIterable<Page> | undefined {
  if (post !== undefined) return onePost(post)
  if (sample !== undefined) return randomPosts(onecount, sample)
  return undefined
}

/**
 * Compares the posts of a selection, with progress on stderr; null when it was stopped, after saying how to go on.
 * @throws StoreUnavailable
 */
export async function compareSelected(
  command: string,
  { onecount, redis }: Connected,
  selection: Selection,
  onDifference: (difference: Difference) => void | Promise<void>,
): Promise<Verified | null> {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  const progress = createProgress('comparing', null)
  const pages = pagesOf(onecount, selection)
  let last = selection.after
  try {
    return await verifyAll(onecount, redis, {
      after: selection.after,
      pages,
      signal: stop.signal,
      onDifference,
      onPage(done) {
        last = done.last
        progress.update(done.posts)
      },
    })
  } catch (error) {
    if (!stop.signal.aborted) throw error
    // A sample is another one the next time.
    const rest = last ? `${command} --after ${last}` : command
    console.error(pages ? 'stopped' : `stopped; go on with: ${rest}`)
    return null
  } finally {
    progress.clear()
  }
}

async function* onePost(postId: string): AsyncGenerator<Page> {
  yield [{ postId, ratings: 0 }]
}

/** Every post has the same chance, wherever its id lies: one pass over all of them, which holds the sample alone. */
async function* randomPosts(onecount: Onecount, size: number): AsyncGenerator<Page> {
  const sample: PostSummary[] = []
  let seen = 0
  for await (const page of onecount.pages({ maxRatings: Number.POSITIVE_INFINITY })) {
    for (const post of page) {
      const place = seen < size ? seen : Math.floor(Math.random() * (seen + 1))
      if (place < size) sample[place] = post
      seen++
    }
  }
  for (const post of sample) yield [post]
}
