// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ANSWERED, createServer, POST } from '../../test/support/react-pages'
import { LikesRefused } from '../react/transport'
import { createLikes, type Likes } from './create-likes'
import type { ObservedLikes } from './observe-likes'

const SEED = { count: 446, liked: false, rev: 1, source: 'redis' } as const
/** Reads of a page wait for each other a moment. */
const READ = 10 + ANSWERED

let served: ReturnType<typeof createServer>
let likes: Likes

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
  document.body.textContent = ''
  served = createServer()
  likes = createLikes({ transport: served.transport })
})
afterEach(() => {
  likes.stop()
  vi.useRealTimers()
})

/** A view of the post, and all that it was shown. */
function open(seed?: typeof SEED) {
  const observer = likes.observe(POST, { seed })
  const seen: ObservedLikes[] = []
  const close = observer.subscribe(shown => seen.push(shown))
  return { observer, seen, close, last: () => seen.at(-1)! }
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const announced = () => document.querySelector('[role=status]')?.textContent

describe('a post that is observed without a framework', () => {
  it('shows what the server has rendered, and sends no read before a view subscribes', async () => {
    const { current } = likes.observe(POST, { seed: SEED })
    expect(current()).toMatchObject({ count: 446, liked: false, status: 'exact', label: 'Like, 446 likes' })
    expect(current()).toBe(current())
    await pass(60_000)
    expect(served.server.reads).toBe(0)
  })

  it('is unknown until it was read, and a later observer gets the known state at once', async () => {
    const { seen, last } = open()
    expect(seen).toMatchObject([{ count: null, status: 'unknown' }])
    await pass(READ)
    expect(last()).toMatchObject({ count: 446, liked: false, status: 'exact' })
    expect(open().seen).toMatchObject([{ count: 446 }])
    await pass(READ)
    // Read a moment ago.
    expect(served.server.reads).toBe(1)
  })

  it('shows a press in every view at once, saves it, and announces it', async () => {
    const [one, other] = [open(SEED), open(SEED)]
    await pass(READ)
    one.observer.press()
    for (const { last } of [one, other]) expect(last()).toMatchObject({ count: 447, liked: true })
    expect(announced()).toBe('Liked, 447 likes')
    await pass(ANSWERED)
    expect(served.server.count()).toBe(447)
    expect(other.last()).toMatchObject({ count: 447, liked: true, status: 'exact', label: 'Like, 447 likes' })
    one.observer.toggle()
    await pass(ANSWERED)
    expect(served.server.count()).toBe(446)
  })

  it('says why a press was refused until that is put away, in the words of the page', async () => {
    served.server.refusal = new LikesRefused('too_many_requests', 'Slower, please.')
    const observer = likes.observe(POST, { text: (about, like) => `${about} ${like.count}` })
    const seen: ObservedLikes[] = []
    observer.subscribe(shown => seen.push(shown))
    await pass(READ)
    observer.press()
    expect(announced()).toBe('pressed 447')
    await pass(ANSWERED)
    expect(seen.at(-1)).toMatchObject({ count: 446, liked: false, error: { message: 'Slower, please.' } })
    expect(announced()).toBe('refused 446')
    expect(seen.at(-1)!.label).toBe('label 446')
    observer.dismiss()
    expect(seen.at(-1)!.error).toBeUndefined()
  })

  it('keeps the last known count while the server is away, and is read until it answers', async () => {
    const { last, observer } = open(SEED)
    await pass(READ)
    served.server.isUp = false
    likes.store.refreshActive()
    await pass(600 + 2 * READ)
    expect(last()).toMatchObject({ count: 446, status: 'last-known' })
    observer.press()
    await pass(ANSWERED)
    expect(last()).toMatchObject({ count: 447, status: 'retrying' })
    served.server.isUp = true
    observer.retry()
    await pass(ANSWERED)
    served.server.other()
    await pass(6000)
    expect(last()).toMatchObject({ count: 448, liked: true, status: 'exact' })
  })

  it('is unknown once there is no such post, and not asked for again', async () => {
    served.server.isGone = true
    const { last } = open(SEED)
    await pass(READ)
    expect(last()).toMatchObject({ count: null, liked: false, status: 'unknown' })
    await pass(60_000)
    expect(served.server.reads).toBe(1)
  })

  it('is read when the page comes back to the front, as far as a view shows it', async () => {
    const { close, last } = open(SEED)
    await pass(READ + 3000)
    served.server.other()
    document.dispatchEvent(new Event('visibilitychange'))
    await pass(READ)
    expect(last()).toMatchObject({ count: 447 })
    close()
    const { reads } = served.server
    await pass(3000)
    document.dispatchEvent(new Event('visibilitychange'))
    await pass(60_000)
    expect(served.server.reads).toBe(reads)
  })

  it('shows a state that the server renders later, unless it is older', async () => {
    const { observer, last } = open(SEED)
    await pass(READ)
    observer.seed({ count: 500, liked: false, rev: 9, source: 'redis' })
    expect(last()).toMatchObject({ count: 500 })
    observer.seed({ count: 3, liked: false, rev: 2, source: 'redis' })
    expect(last()).toMatchObject({ count: 500 })
  })

  it('sends a press again that an earlier page has made and the server has lost', async () => {
    const { observer } = open(SEED)
    await pass(READ)
    observer.press()
    await pass(ANSWERED)
    likes.stop()
    served.server.flush()
    likes = createLikes({ transport: served.transport })
    const { last } = open()
    await pass(READ + ANSWERED)
    expect(last()).toMatchObject({ count: 447, liked: true, status: 'exact' })
    expect(served.server.writes.at(-1)).toMatchObject({ ack: 'postgres' })
  })

  it('needs a transport for a kind of its own', () => {
    expect(() => createLikes({ kind: 'bookmark' })).toThrow('transport')
    expect(createLikes({ kind: 'bookmark', transport: served.transport }).kind).toBe('bookmark')
  })
})
