// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LikesTransport } from './transport'

const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const SEED = { count: 446, liked: false, rev: 1, source: 'redis' } as const

/** How often the rest was asked for, and whether it can be loaded. */
const rest = { attempts: 0, isThere: false }
const server = {
  isUp: true,
  op: 0,
  rev: 1,
  ops: [] as number[],
  refusal: undefined as Error | undefined,
  refused: 0,
}
const state = () => ({
  count: 446 + (server.op % 2),
  liked: server.op % 2 === 1,
  rev: server.rev,
  op: server.op,
  durable: true,
  source: 'redis' as const,
})

/** A page of its own, whose rest has not been loaded. */
async function open() {
  vi.resetModules()
  const { LikeButton, LikesProvider, LikesUnreachable } = await import('./index')
  const check = () => {
    if (!server.isUp) throw new LikesUnreachable('no answer')
  }
  const transport: LikesTransport = {
    read: async ids => {
      check()
      return new Map(ids.map(id => [id, state()]))
    },
    write: async (_, __, op) => {
      check()
      // As a server judges the time of an op: it refuses the same one each time.
      server.refused ||= op
      if (server.refusal && op === server.refused) throw server.refusal
      server.ops.push(op)
      Object.assign(server, { op, rev: server.rev + 1 })
      return { ...state(), op }
    },
    now: () => Date.now() * 1000,
  }
  return render(
    <LikesProvider transport={transport}>
      <LikeButton postId={POST} seed={SEED}>
        {({ count, status, liked, buttonProps }) => (
          <button {...buttonProps} data-status={status}>
            {liked ? '♥' : '♡'} {count}
          </button>
        )}
      </LikeButton>
    </LikesProvider>,
  )
}

const button = () => screen.getByRole('button')
const shown = () => [button().textContent, button().dataset.status]
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))

beforeEach(() => {
  localStorage.clear()
  document.body.textContent = ''
  Object.assign(rest, { attempts: 0, isThere: false })
  Object.assign(server, { isUp: true, op: 0, rev: 1, ops: [], refusal: undefined, refused: 0 })
  vi.doMock('./background', async original => {
    rest.attempts++
    if (!rest.isThere) throw new TypeError('Failed to fetch dynamically imported module')
    return original()
  })
  vi.useFakeTimers({ shouldAdvanceTime: true })
})
afterEach(() => {
  cleanup()
  vi.useRealTimers()
  vi.doUnmock('./background')
  vi.resetModules()
})

describe('a page whose rest cannot be loaded', () => {
  it('sends a press and shows the answer all the same', async () => {
    await open()
    fireEvent.click(button())
    expect(shown()).toEqual(['♥ 447', 'saving'])
    await expect.poll(shown).toEqual(['♥ 447', 'exact'])
    expect(server.ops).toHaveLength(1)
    await expect.poll(() => rest.attempts).toBeGreaterThan(0)
  })

  it('that is offline from the first second keeps a press, says so, and sends it when the network is back', async () => {
    server.isUp = false
    await open()
    fireEvent.click(button())
    await expect.poll(shown).toEqual(['♥ 447', 'retrying'])
    expect(localStorage.getItem(`onecount:kept:${POST}`)).toMatch(/^\d+\|\d+$/)
    server.isUp = true
    await pass(16_000)
    await expect.poll(shown).toEqual(['♥ 447', 'exact'])
    expect(server.ops).toHaveLength(1)
    // That Postgres holds it is noted by the rest.
    expect(localStorage).toHaveLength(1)
    rest.isThere = true
    await pass(4000)
    await expect.poll(() => localStorage.length).toBe(0)
  })

  it('loads it as soon as it can be: announcements that waited are made, the newest last', async () => {
    await open()
    fireEvent.click(button())
    await expect.poll(shown).toEqual(['♥ 447', 'exact'])
    expect(screen.queryByRole('status')).toBeNull()
    rest.isThere = true
    await pass(4000)
    await expect.poll(() => screen.queryByRole('status')?.textContent).toBe('Liked, 447 likes')
  })

  it('does not give a press up whose time the server refuses, and makes it anew once it has been loaded', async () => {
    await open()
    const { LikesRefused } = await import('./index')
    server.refusal = new LikesRefused('op_ahead', 'Too far ahead.', undefined, Date.now() - 60_000)
    fireEvent.click(button())
    await expect.poll(shown).toEqual(['♥ 447', 'retrying'])
    rest.isThere = true
    await pass(4000)
    server.refusal = undefined
    await pass(16_000)
    await expect.poll(shown).toEqual(['♥ 447', 'exact'])
    expect(server.ops).toHaveLength(1)
  })

  it('gives up a refused press as soon as the code that judges it has been loaded, and does not repeat it', async () => {
    // The page's time stands still while the rest is loaded, however long that takes.
    vi.useFakeTimers()
    const later = async () => {
      await pass(1)
      return shown()
    }
    await open()
    const { LikesRefused } = await import('./index')
    server.refusal = new LikesRefused('too_many_requests', 'Wait.', 3000)
    fireEvent.click(button())
    expect(shown()).toEqual(['♥ 447', 'saving'])
    rest.isThere = true
    await pass(3000)
    await import('./background')
    await expect.poll(later).toEqual(['♡ 446', 'exact'])
    server.refusal = undefined
    await pass(16_000)
    expect(server.ops).toEqual([])
  })

  it('tells other tabs of the presses that were made meanwhile once it has been loaded', async () => {
    const told: { input: { op: number } }[] = []
    const ear = new BroadcastChannel('onecount')
    ear.onmessage = ({ data }) => told.push(data)
    await open()
    fireEvent.click(button())
    await expect.poll(shown).toEqual(['♥ 447', 'exact'])
    rest.isThere = true
    await pass(4000)
    // Pages of the tests before may still speak.
    const ofThisPage = () => told.filter(({ input }) => input.op === server.ops[0])
    await expect.poll(ofThisPage).toMatchObject([{ postId: POST, input: { count: 447, liked: true } }])
    ear.close()
  })
})
