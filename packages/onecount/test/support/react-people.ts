import { QueryClient } from '@tanstack/react-query'
import { vi } from 'vitest'
import { createHandler } from '../../src/http/handler'
import { NO_LIMITS } from '../../src/http/limits'
import { sessionTag } from '../../src/http/session-tag'
import { createHttpTransport } from '../../src/react/http-transport'
import type { LikeInput } from '../../src/react/registers'
import { shownLikes } from '../../src/react/shown'
import { LikesStore } from '../../src/react/store'
import { MapLikes, SECRET } from './http-server'
import { POST } from './react-pages'

/** A browser with a cookie jar on the real HTTP handler. `person` is read in the moment in which a request arrives. */
export function createPeopleBrowser() {
  const likes = new MapLikes({ [POST]: 446 })
  const browser = {
    likes,
    /** Who is signed in; null: the anonymous session of the cookie. */
    person: null as string | null,
    isOffline: false,
    /** A server of before: it names no session, and knows no `madeBy`. */
    isOldServer: false,
    /** Requests that are under way wait for it before they arrive. */
    arrival: Promise.resolve(),
    /** Answers wait for it on their way back. */
    delivery: Promise.resolve(),
    statuses: [] as number[],
    /** Who has pressed, as the store was told. */
    pressed: () => likes.calls.filter(([name]) => name === 'set').map(call => call[2]),
    /** What the server renders of the post now; `isTagged`: it says for whom. */
    async render(isTagged: boolean): Promise<LikeInput> {
      const { count, liked, rev, op, durable, source } = (await likes.read([POST], browser.person)).get(POST)!
      const session = isTagged && browser.person ? sessionTag(browser.person) : undefined
      return { count, liked, rev, op, durable, source, session }
    },
  }
  let cookie = ''
  const handler = createHandler({
    service: likes,
    secret: SECRET,
    session: () => browser.person,
    limits: NO_LIMITS,
  })
  vi.stubGlobal('fetch', async (url: string, init: RequestInit = {}) => {
    const { arrival, delivery } = browser
    await arrival
    if (browser.isOffline) throw new TypeError('Failed to fetch')
    const headers = { ...init.headers, ...(cookie && { cookie }) }
    const body = browser.isOldServer && init.body ? withoutMaker(String(init.body)) : init.body
    const response = await handler(new Request(`http://site.test${url}`, { ...init, body, headers }))
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
    if (browser.isOldServer) response.headers.delete('onecount-session')
    browser.statuses.push(response.status)
    await delivery
    return response
  })
  return browser
}

const withoutMaker = (body: string) => JSON.stringify({ ...JSON.parse(body), madeBy: undefined })

/** A page on it; `seed`: what the server has rendered. Or another kind of a page whose client is given. */
export function openPeoplePage(seed?: LikeInput, queryClient = new QueryClient(), kind?: string) {
  const store = new LikesStore(queryClient, createHttpTransport(), kind)
  const post = store.post(POST)
  if (seed) {
    store.queryClient.setQueryData(post.queryKey, post.first(seed))
    post.seed(seed)
  }
  const shown = () => shownLikes(post.entry(), post.intent(), { error: post.refusal() })
  return { store, post, shown, close: store.start() }
}
