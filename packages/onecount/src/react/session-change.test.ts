import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { POST } from '../../test/support/react-pages'
import { LikesStore } from './store'
import { LikesRefused } from './transport'

const LATENCY_MS = 20
const PRESS_AGAIN = 'The session has changed since this was pressed: nothing was saved; press again.'
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const later = <T>(answer: () => T) =>
  new Promise<void>(resolve => setTimeout(resolve, LATENCY_MS)).then(answer)

/** A page that shows a post, and the sessions that its server names: `session`, or another one with each answer. */
function openPage() {
  const served = { keepsCookies: true, session: 'ana', reads: 0 }
  const session = () => (served.keepsCookies ? served.session : `visitor-${served.reads}`)
  const store = new LikesStore(new QueryClient(), {
    read: ids =>
      later(() => {
        served.reads++
        const state = { count: 446, liked: false, rev: 1, source: 'redis', session: session() } as const
        return new Map(ids.map(id => [id, state]))
      }),
    write: (_, liked, op, { madeBy } = {}) =>
      later(() => {
        if (!served.keepsCookies || madeBy !== session())
          throw new LikesRefused('session_changed', PRESS_AGAIN)
        return { count: 447, liked, rev: 2, op, durable: true, session: madeBy }
      }),
    now: () => Date.now() * 1000,
  })
  const post = store.post(POST)
  const observer = new QueryObserver(store.queryClient, {
    queryKey: post.queryKey,
    queryFn: () => post.read(),
  })
  const leave = [observer.subscribe(() => {}), store.start()]
  const close = () => {
    for (const end of leave) end()
  }
  return { served, store, post, close }
}

let page: ReturnType<typeof openPage>
beforeEach(async () => {
  vi.useFakeTimers()
  page = openPage()
  await pass(1000)
})
afterEach(() => {
  page.close()
  vi.useRealTimers()
})

/** Signs in, and reads the post as a person does who comes back to the page. */
async function signIn(session: string): Promise<void> {
  page.served.session = session
  page.post.read()
  await pass(1000)
}

describe('a page in which another person signs in', () => {
  it('reads what it shows again at once, each time', async () => {
    const { served, store } = page
    expect(served.reads).toBe(1)
    for (const session of ['ben', 'ana', 'eve']) {
      served.reads = 0
      await signIn(session)
      expect(served.reads).toBe(2)
      expect(store.session).toBe(session)
    }
  })
})

describe('a page whose browser keeps no cookies, so that each answer names another session', () => {
  beforeEach(() => {
    page.served.keepsCookies = false
    page.served.reads = 0
    page.post.read()
  })

  it('is read again less and less often, not with every answer', async () => {
    const { served } = page
    await pass(9000)
    expect(served.reads).toBe(2)
    await pass(25_000)
    expect(served.reads).toBe(4)
    await pass(60 * 60_000)
    expect(served.reads).toBeLessThan(25)
  })

  it('says so of a press that the server refuses, and of one that was refused before it could be told', async () => {
    const { post } = page
    page.post.set(true)
    await pass(LATENCY_MS + 1)
    expect(post.refusal()?.message).toBe(PRESS_AGAIN)
    await pass(1000)
    const message = expect.stringContaining('keeps no cookies')
    expect(post.refusal()).toEqual({ code: 'session_changed', message })
    post.set(true)
    expect(post.refusal()).toBeUndefined()
    await pass(LATENCY_MS + 1)
    expect(post.refusal()).toEqual({ code: 'session_changed', message })
  })

  it('takes presses as soon as cookies are kept, and is refreshed at once when another person signs in', async () => {
    const { served, post } = page
    await pass(5000)
    served.keepsCookies = true
    await signIn('ana')
    post.set(true)
    await pass(1000)
    expect(post.refusal()).toBeUndefined()
    expect(post.entry()).toMatchObject({ liked: true, session: 'ana' })
    served.reads = 0
    await signIn('ben')
    expect(served.reads).toBe(2)
    post.set(true)
    served.session = 'eve'
    await pass(LATENCY_MS + 1)
    expect(post.refusal()?.message).toBe(PRESS_AGAIN)
  })
})
