// @vitest-environment jsdom
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ANSWERED, createServer, kept, LATENCY_MS, openTab, POST } from '../../test/support/react-pages'
import { hint } from './hint'
import { createKeptOps } from './kept-ops'

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

describe('whatever a server loses, and whenever', () => {
  const step = fc.record({
    act: fc.constantFrom(
      ...([
        'press',
        'press',
        'event',
        'other',
        'render',
        'navigate',
        'drain',
        'flush',
        'flush',
        'lose',
        'down',
        'up',
        'reload',
      ] as const),
    ),
    tab: fc.nat(1),
    pause: fc.constantFrom(0, LATENCY_MS, LATENCY_MS + 1, ANSWERED, 300, 3100),
  })

  it('the last press is durable in the end, and a person never sees it undone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
        localStorage.clear()
        const { server, transport } = createServer()
        const tabs = [openTab({ server, transport }), openTab({ server, transport })]
        const wanted: (boolean | undefined)[] = [undefined, undefined]
        let payload = server.state()
        for (const { act, tab, pause } of steps) {
          const { store, shown } = tabs[tab]!
          if (act === 'press') {
            wanted[tab] = !shown().liked
            // Another tab may show the other's press from now on.
            wanted[1 - tab] = undefined
            store.post(POST).set(wanted[tab])
          } else if (act === 'reload') {
            tabs[tab]!.close()
            tabs[tab] = openTab({ server, transport })
            wanted[tab] = undefined
          } else if (act === 'render') payload = server.state()
          else if (act === 'navigate') store.post(POST).seed(payload)
          else if (act === 'event') for (const { store } of tabs) hint(store, POST, server.event())
          else if (act === 'lose') server.losesReply = true
          else if (act === 'down' || act === 'up') server.isUp = act === 'up'
          else server[act]()
          await pass(pause)
          tabs.forEach(({ shown }, i) => {
            if (wanted[i] !== undefined) expect(shown().liked).toBe(wanted[i])
          })
        }
        server.isUp = true
        server.losesReply = false
        const last = Math.max(
          0,
          ...server.writes.map(({ op }) => op),
          ...[POST].map(id => createKeptOps().get(id)),
        )
        await pass(200_000)
        server.drain()
        await pass(200_000)
        expect(kept()).toEqual([])
        expect(server.postgres.op).toBe(last)
        for (const { store, shown, close } of tabs) {
          store.post(POST).receive(server.state())
          expect(shown()).toMatchObject({ count: server.count(), liked: last % 2 === 1, status: 'exact' })
          close()
        }
      }),
      { numRuns: 300 },
    )
  })
})
