import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, type BrowserContext, chromium } from '@playwright/test'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CHROMIUM_ARGS, findChromium } from '../../scripts/test/find-chromium'
import { type CountLog, recordCounts } from './recorder'

const article = (count: string, attributes = '') => `
  <article aria-labelledby="caption" data-post-id="bear" ${attributes}>
    <h2 id="caption">Oso polar</h2>
    <button aria-pressed="false" aria-label="Like">♥</button>
    <span data-like-count>${count}</span>
  </article>`

/** The first part of `/streamed` arrives, then the second when a test lets it. */
let release: () => void = () => {}

let server: Server
let url: string
let browser: Browser
let context: BrowserContext
let log: CountLog

beforeAll(async () => {
  server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    if (request.url !== '/streamed') return response.end(`<!doctype html><body>${article('446')}`)
    response.write(`<!doctype html><body>${article('446')}`)
    release = () =>
      response.end('<script>document.querySelector("[data-like-count]").textContent = "447"</script>')
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  browser = await chromium.launch({
    executablePath: findChromium(),
    args: CHROMIUM_ARGS,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  })
})
afterAll(async () => {
  await browser?.close()
  server.close()
})
beforeEach(async () => {
  context = await browser.newContext()
  log = await recordCounts(context)
})
afterEach(() => context.close())

const story = () =>
  log.of('bear').map(entry => `${entry.kind} ${entry.text}${entry.visible ? '' : ' hidden'}`)

describe('the recorder', () => {
  it('sees the number of the first paint, and knows the post by id and by label', async () => {
    const page = await context.newPage()
    await page.goto(url)
    await expect.poll(story).toEqual(['shown 446'])
    expect(log.of('Oso polar')).toMatchObject([
      { count: 446, tab: 1, url: '/', pressed: false, why: 'changed' },
    ])
  })

  it('sees a number that stands there only until the rest of the page has arrived', async () => {
    const page = await context.newPage()
    const loaded = page.goto(`${url}/streamed`)
    await expect.poll(story).toEqual(['shown 446'])
    release()
    await loaded
    await expect.poll(story).toEqual(['shown 446', 'shown 447'])
  })

  it('sees changes of text, of a text node and of the whole element, and leaves out aria-hidden elements', async () => {
    const page = await context.newPage()
    await page.goto(url)
    await page.evaluate(async () => {
      const painted = () => new Promise(requestAnimationFrame)
      const span = document.querySelector('[data-like-count]')!
      span.firstChild!.nodeValue = '447'
      await painted()
      span.innerHTML = '448<i aria-hidden="true">447</i>'
      await painted()
      span.outerHTML = '<b data-like-count>449</b>'
    })
    await expect.poll(story).toEqual(['shown 446', 'shown 447', 'shown 448', 'shown 449'])
  })

  it('sees hidden views, and that they come to be seen', async () => {
    const page = await context.newPage()
    await page.goto(url)
    await page.evaluate(
      async hidden => {
        const view = document.createElement('div')
        view.style.display = 'none'
        view.innerHTML = hidden
        document.body.append(view)
        await new Promise(requestAnimationFrame)
        view.style.display = ''
      },
      article('445').replaceAll('caption', 'caption2'),
    )
    await expect.poll(story).toEqual(['shown 446', 'shown 445 hidden', 'shown 445'])
  })

  it('sees a press before anything reacts to it', async () => {
    const page = await context.newPage()
    await page.goto(url)
    await page.evaluate(() => {
      document.querySelector('button')!.onpointerup = () => {}
      document.querySelector('button')!.onclick = () => {
        document.querySelector('[data-like-count]')!.textContent = '447'
      }
    })
    await page.getByRole('button', { name: 'Like' }).click()
    await expect.poll(story).toEqual(['shown 446', 'press ♥', 'shown 447'])
  })

  it('goes on across documents, in a second tab, and when the back/forward cache restores a page', async () => {
    const page = await context.newPage()
    await page.goto(`${url}/first`)
    await page.goto(`${url}/second`)
    await page.goBack({ waitUntil: 'commit' })
    const second = await context.newPage()
    await second.goto(`${url}/third`)
    const visits = () => log.of('bear').map(entry => `${entry.tab} ${entry.url} ${entry.why}`)
    await expect
      .poll(visits)
      .toEqual(['1 /first changed', '1 /second changed', '1 /first restored', '2 /third changed'])
  })
})
