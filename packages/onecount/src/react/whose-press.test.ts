// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { POST } from '../../test/support/react-pages'
import { createPeopleBrowser, openPeoplePage } from '../../test/support/react-people'
import { sessionTag } from '../http/session-tag'
import { hear } from './tabs'

type Page = ReturnType<typeof openPeoplePage>

let browser: ReturnType<typeof createPeopleBrowser>
const pages: Page[] = []
beforeEach(() => {
  localStorage.clear()
  browser = createPeopleBrowser()
})
afterEach(() => {
  for (const { close } of pages.splice(0)) close()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

function open(...seed: Parameters<typeof openPeoplePage>): Page {
  const page = openPeoplePage(...seed)
  pages.push(page)
  return page
}

/** A page that the server has answered. */
async function openRead(): Promise<Page> {
  const page = open()
  await page.post.read()
  return page
}

/** Nothing more comes of it: as a page that the person has left. */
function leave({ close, post }: Page): void {
  close()
  post.show(undefined, undefined)
}

const retries = ({ post }: Page) => expect.poll(() => post.intent()?.phase).toBe('retrying')
const isSettled = ({ post }: Page) => expect.poll(() => post.intent()).toBeUndefined()
const entries = () => Object.keys(localStorage).filter(name => name.startsWith('onecount:kept'))
const entryOf = (person: string) => `onecount:kept~${sessionTag(person)}:${POST}`

/** Ana presses while the server cannot be reached, and closes the page. */
async function pressAndLeave(): Promise<void> {
  browser.person = 'ana'
  const page = await openRead()
  browser.isOffline = true
  page.post.set(true)
  await retries(page)
  leave(page)
  browser.isOffline = false
  expect(entries()).toEqual([entryOf('ana')])
}

/** A promise, and what ends it. */
function gate() {
  let open!: () => void
  const until = new Promise<void>(resolve => {
    open = resolve
  })
  return { until, open }
}

describe('a press that a browser keeps for a person', () => {
  it.each([false, true])(
    'is not sent as the next person’s, whose page was rendered (for them: %s)',
    async isTagged => {
      await pressAndLeave()
      browser.person = 'ben'
      const page = open(await browser.render(isTagged))
      if (isTagged) expect(page.shown()).toMatchObject({ count: 446, liked: false, status: 'exact' })
      await page.post.read()
      await isSettled(page)
      expect(page.shown()).toMatchObject({ count: 446, liked: false, status: 'exact', error: undefined })
      expect(browser.pressed()).toEqual([])
      expect(entries()).toEqual([entryOf('ana')])
    },
  )

  it.each([false, true])(
    'is shown and sent when they are back, once the server has named them (%s)',
    async isTagged => {
      await pressAndLeave()
      browser.person = 'ben'
      await openRead()
      browser.person = 'ana'
      const answer = gate()
      browser.delivery = answer.until
      const page = open(await browser.render(isTagged))
      // A page that does not say whose it is shows what was pressed by the last person that was named.
      if (isTagged) expect(page.shown()).toMatchObject({ count: 447, liked: true, status: 'saving' })
      expect(browser.pressed()).toEqual([])
      answer.open()
      await page.post.read()
      await isSettled(page)
      await expect.poll(browser.pressed).toEqual(['ana'])
      expect(page.shown()).toMatchObject({ count: 447, liked: true, status: 'exact' })
      await page.post.read()
      expect(entries()).toEqual([])
      expect(browser.statuses).not.toContain(409)
    },
  )

  it('is not sent by anybody after they have signed out, nor as their session has ended', async () => {
    await pressAndLeave()
    browser.person = null
    const page = open(await browser.render(true))
    await page.post.read()
    await isSettled(page)
    expect(browser.pressed()).toEqual([])
    expect(entries()).toEqual([entryOf('ana')])
  })

  it('does not get in the way of the next person’s own press of the same post', async () => {
    await pressAndLeave()
    browser.person = 'ben'
    const page = await openRead()
    page.post.set(true)
    await isSettled(page)
    expect(browser.pressed()).toEqual(['ben'])
    browser.person = 'ana'
    await open().post.read()
    await expect.poll(browser.pressed).toEqual(['ben', 'ana'])
  })

  it('of an anonymous visitor is not that of the person who signs in, and is sent after they have signed out', async () => {
    const before = await openRead()
    const anonymous = before.store.session!
    browser.isOffline = true
    before.post.set(true)
    await retries(before)
    leave(before)
    browser.isOffline = false
    browser.person = 'ana'
    await (await openRead()).post.read()
    expect(browser.pressed()).toEqual([])
    browser.person = null
    const page = await openRead()
    expect(page.store.session).toBe(anonymous)
    await expect.poll(browser.pressed).toHaveLength(1)
    await expect.poll(() => page.shown().status).toBe('exact')
    expect(page.shown()).toMatchObject({ count: 447, liked: true })
  })

  it('waits, and is shown as not saved yet, until an answer names the session of the page', async () => {
    await pressAndLeave()
    const payload = await browser.render(true)
    browser.isOffline = true
    const page = open(payload)
    expect(page.shown()).toMatchObject({ count: 447, liked: true, status: 'saving' })
    await retries(page)
    browser.isOffline = false
    page.post.retry()
    await isSettled(page)
    expect(browser.pressed()).toEqual(['ana'])
  })
})

describe('a page with two kinds at one address', () => {
  it('hears of another person for each of them by an answer of its own, and sends no press of the one before', async () => {
    browser.person = 'ana'
    const likes = await openRead()
    const bookmarks = open(undefined, likes.store.queryClient, 'bookmark')
    await bookmarks.post.read()
    const before = bookmarks.post.entry()
    browser.person = 'ben'
    await likes.post.read()
    expect(likes.store.session).toBe(sessionTag('ben'))
    expect(bookmarks.store.session).toBe(sessionTag('ana'))
    expect(bookmarks.post.entry()).toBe(before)
    bookmarks.post.set(true)
    await isSettled(bookmarks)
    expect(bookmarks.shown().error).toMatchObject({ code: 'session_changed' })
    expect(browser.pressed()).toEqual([])
    await expect.poll(() => bookmarks.store.session).toBe(sessionTag('ben'))
    bookmarks.post.set(true)
    await isSettled(bookmarks)
    expect(browser.pressed()).toEqual(['ben'])
    expect(entries()).not.toEqual([])
    expect(entries().filter(name => !name.includes('/bookmark'))).toEqual([])
  })
})

describe('a press that is on its way when another person signs in', () => {
  it('is refused by the server, reported at the post, and kept for the person who made it', async () => {
    browser.person = 'ana'
    const page = await openRead()
    const sending = gate()
    browser.arrival = sending.until
    page.post.set(true)
    browser.person = 'ben'
    sending.open()
    await isSettled(page)
    expect(page.shown().error).toMatchObject({ code: 'session_changed' })
    await expect.poll(() => page.store.session).toBe(sessionTag('ben'))
    expect(page.shown()).toMatchObject({ count: 446, liked: false, status: 'exact' })
    expect(browser.pressed()).toEqual([])
    browser.person = 'ana'
    const next = await openRead()
    await isSettled(next)
    expect(browser.pressed()).toEqual(['ana'])
  })

  it('and could not be sent before is told so as soon as the page hears of the other person', async () => {
    browser.person = 'ana'
    const page = await openRead()
    browser.isOffline = true
    page.post.set(true)
    await retries(page)
    browser.isOffline = false
    browser.person = 'ben'
    await page.post.read()
    await isSettled(page)
    expect(page.shown().error).toMatchObject({ code: 'session_changed' })
    expect(browser.pressed()).toEqual([])
    expect(entries()).toEqual([entryOf('ana')])
  })

  it('fails as session_changed where the session has ended, and is kept until the person signs in again', async () => {
    browser.person = 'ana'
    const page = await openRead()
    browser.person = null
    page.post.set(true)
    await isSettled(page)
    expect(page.shown().error).toMatchObject({ code: 'session_changed' })
    expect(entries()).toEqual([entryOf('ana')])
  })

  it('is counted for the person who is signed in where the page does not know its session yet, two presses too', async () => {
    browser.person = 'ana'
    await openRead()
    browser.person = 'ben'
    const page = open(await browser.render(false))
    page.post.set(true)
    page.post.set(false)
    await isSettled(page)
    expect(browser.pressed()).toEqual(['ben', 'ben'])
    expect(page.shown()).toMatchObject({ count: 446, liked: false, error: undefined })
    await page.post.read()
    expect(entries()).toEqual([])
  })

  it('is not counted for the next person where its page was never told whose it is', async () => {
    browser.person = 'ana'
    leave(await openRead())
    browser.isOffline = true
    const page = open()
    page.post.set(true)
    await retries(page)
    browser.person = 'ben'
    browser.isOffline = false
    page.post.retry()
    await isSettled(page)
    expect(page.shown().error).toMatchObject({ code: 'session_changed' })
    expect(browser.pressed()).toEqual([])
    expect(entries()).toEqual([entryOf('ana')])
  })
})

describe('two tabs of a browser', () => {
  it('in which two people have read the page: each press is that of its own page, or is refused', async () => {
    browser.person = 'ana'
    const first = await openRead()
    browser.person = 'ben'
    const second = await openRead()
    second.post.set(true)
    await isSettled(second)
    hear(first.store, POST, { ...second.post.entry()!, count: 447, rev: second.post.entry()!.likedRev })
    expect(first.post.entry()).toMatchObject({ liked: false })
    first.post.set(true)
    await isSettled(first)
    expect(first.shown().error).toMatchObject({ code: 'session_changed' })
    expect(browser.pressed()).toEqual(['ben'])
    await expect.poll(() => first.shown().liked).toBe(true)
    expect(second.shown()).toMatchObject({ liked: true, status: 'exact', error: undefined })
  })
})

describe('a page on which another person signs in', () => {
  it('ignores a late answer to the person before, and does not show their heart', async () => {
    browser.person = 'ana'
    const page = await openRead()
    page.post.set(true)
    await isSettled(page)
    const late = gate()
    browser.delivery = late.until
    const reading = page.post.read()
    await expect.poll(() => browser.statuses.length).toBe(3)
    browser.delivery = Promise.resolve()
    browser.person = 'ben'
    const asked = Date.now()
    await expect.poll(() => Date.now(), { interval: 1 }).toBeGreaterThan(asked)
    await page.post.read()
    expect(page.shown()).toMatchObject({ liked: false })
    late.open()
    await reading
    expect(page.store.session).toBe(sessionTag('ben'))
    expect(page.shown()).toMatchObject({ liked: false })
  })

  it('reads the posts on screen once more, and forgets the others', async () => {
    browser.person = 'ana'
    const page = await openRead()
    const { queryClient } = page.store
    const isKept = () => queryClient.getQueryData(page.post.queryKey) !== undefined
    expect(isKept()).toBe(true)
    browser.person = 'ben'
    expect(page.store.identify({ rev: 1, session: sessionTag('ben') }, Date.now() + 1)).toBe(true)
    expect(isKept()).toBe(false)
    expect(localStorage.getItem('onecount:session:')).toBe(sessionTag('ben'))
  })
})

describe('a press that was made before any server has named a session', () => {
  it('is that of the first one that is named, of the next page too', async () => {
    browser.isOffline = true
    const before = open()
    before.post.set(true)
    await retries(before)
    leave(before)
    expect(entries()).toEqual([`onecount:kept:${POST}`])
    browser.isOffline = false
    const page = open(await browser.render(false))
    expect(page.shown()).toMatchObject({ count: 447, liked: true })
    await page.post.read()
    await isSettled(page)
    await expect.poll(browser.pressed).toHaveLength(1)
    await page.post.read()
    expect(page.shown()).toMatchObject({ count: 447, liked: true, status: 'exact' })
    expect(entries()).toEqual([])
  })

  it('was made by the session that was noted then, where an older client has kept it', async () => {
    localStorage.setItem('onecount:session:', sessionTag('ana'))
    localStorage.setItem(`onecount:kept:${POST}`, `${2 * Date.now() * 1000 + 1}|${Date.now()}`)
    browser.person = 'ben'
    const page = open(await browser.render(false))
    await page.post.read()
    await isSettled(page)
    expect(browser.pressed()).toEqual([])
    expect(entries()).toEqual([entryOf('ana')])
  })
})

describe('a server that names no session', () => {
  it('is sent the kept presses after its first answer', async () => {
    browser.isOldServer = true
    browser.person = 'ana'
    const before = await openRead()
    browser.isOffline = true
    before.post.set(true)
    await retries(before)
    leave(before)
    browser.isOffline = false
    const page = open(await browser.render(false))
    expect(page.shown()).toMatchObject({ count: 447, liked: true, status: 'saving' })
    await isSettled(page)
    expect(browser.pressed()).toEqual(['ana'])
    await page.post.read()
    expect(entries()).toEqual([])
  })
})

describe('a browser without a storage', () => {
  it('does not send a press as another person’s either', async () => {
    vi.spyOn(window, 'localStorage', 'get').mockImplementation(() => {
      throw new DOMException('no', 'SecurityError')
    })
    browser.person = 'ana'
    const page = await openRead()
    browser.isOffline = true
    page.post.set(true)
    await retries(page)
    browser.person = 'ben'
    browser.isOffline = false
    await page.post.read()
    await isSettled(page)
    expect(page.shown().error).toMatchObject({ code: 'session_changed' })
    expect(browser.pressed()).toEqual([])
    browser.person = 'ana'
    await page.post.read()
    await expect.poll(browser.pressed).toEqual(['ana'])
  })
})
