// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ANSWERED, createServer, POST } from '../../test/support/react-pages'
import type { LikeInput } from '../react/registers'
import { createLikes } from './create-likes'

/** Reads of a page wait for each other a moment. */
const READ = 10 + ANSWERED

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
})
afterEach(() => vi.useRealTimers())

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

it.each(['upper', 'lower'] as const)(
  'a press of a post in %s case is soon the same number in views of both spellings',
  async pressed => {
    const { server, transport } = createServer()
    // Where ids are UUIDs, the server answers under an id as it was asked for.
    const read = async (ids: string[]) => {
      await transport.read(ids)
      return new Map<string, LikeInput>(ids.map(id => [id, server.state()]))
    }
    const likes = createLikes({ transport: { ...transport, read } })
    const views = { upper: likes.observe(POST.toUpperCase()), lower: likes.observe(POST) }
    for (const view of Object.values(views)) view.subscribe(() => {})
    const shown = () => Object.values(views).map(view => [view.current().count, view.current().liked])
    await pass(READ)
    expect(shown()).toEqual(Array(2).fill([446, false]))
    views[pressed].press()
    await pass(ANSWERED + READ)
    expect(shown()).toEqual(Array(2).fill([447, true]))
    likes.stop()
  },
)
