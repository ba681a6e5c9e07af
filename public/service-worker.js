// @ts-check
/// <reference lib="webworker" />

/**
 * Keeps the last pages of this browser, so that a navigation without a network ends at one of them, and at `/offline`
 * where there is none. While there is a network it changes nothing: a page is always asked of the server. Answers of the
 * API are never kept; presses are kept by the page itself.
 */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self))

const PAGES = 'huella-pages'
const FILES = 'huella-files'
const OFFLINE = '/offline'
const MAX_PAGES = 30
const MAX_FILES = 400

/** A file at such an address never changes. */
const isFile = (/** @type {string} */ path) => /^\/(_next\/static|scenes|avatars)\//.test(path)
/** The demo and the operations page show the moment; the API's answers are no pages. */
const isKept = (/** @type {string} */ path) => !/^\/(api|demo|ops)(\/|$)/.test(path)

worker.addEventListener('install', event => {
  event.waitUntil(keepAddress(OFFLINE).then(() => worker.skipWaiting()))
})

worker.addEventListener('activate', event => event.waitUntil(worker.clients.claim()))

/** A page that was loaded before there was a worker names itself and its files. */
worker.addEventListener('message', event => {
  const { page, files } = event.data
  event.waitUntil(Promise.all([keepAddress(page), ...files.map(keepFile)]))
})

worker.addEventListener('fetch', event => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin) return
  if (isFile(pathname)) event.respondWith(file(event))
  else if (request.mode === 'navigate' && isKept(pathname)) event.respondWith(page(event))
})

/** @param {FetchEvent} event */
async function page(event) {
  try {
    const response = await fetch(event.request)
    event.waitUntil(keepPage(event.request.url, response.clone()))
    return response
  } catch (error) {
    const kept = await match(PAGES, event.request.url)
    if (kept) return asKept(kept)
    const offline = await match(PAGES, OFFLINE)
    if (offline) return offline
    throw error
  }
}

/** @param {FetchEvent} event */
async function file(event) {
  const kept = await match(FILES, event.request.url)
  if (kept) return kept
  const response = await fetch(event.request)
  if (response.ok) event.waitUntil(put(FILES, event.request.url, response.clone(), MAX_FILES))
  return response
}

/** What Next sends depends on headers that a navigation never has. @param {string} cache @param {string} url */
const match = async (cache, url) => (await caches.open(cache)).match(url, { ignoreVary: true })

/**
 * The page says that it is an old one, and of when: see `keptAt` in the application.
 * @param {Response} response
 */
async function asKept(response) {
  const html = await response.text()
  const at = response.headers.get('date') ?? ''
  const { status, headers } = response
  return new Response(html.replace('<html ', `<html data-kept-at="${at}" `), { status, headers })
}

/** @param {string} url @param {Response} response */
async function keepPage(url, response) {
  const isPage = response.status === 200 && !response.redirected
  if (isPage && response.headers.get('content-type')?.startsWith('text/html'))
    await put(PAGES, url, response, MAX_PAGES)
}

/** Asks for a page and for the files that it names. @param {string} address */
async function keepAddress(address) {
  const response = await fetch(address, { headers: { accept: 'text/html' } })
  const html = await response.clone().text()
  await keepPage(new URL(address, location.href).href, response)
  const files = html.match(/\/_next\/static\/[^"'\\\s)]+/g) ?? []
  await Promise.all([...new Set(files)].map(keepFile))
}

/** @param {string} address */
async function keepFile(address) {
  const url = new URL(address, location.href)
  if (url.origin !== location.origin || !isFile(url.pathname) || (await match(FILES, url.href))) return
  const response = await fetch(url)
  if (response.ok) await put(FILES, url.href, response, MAX_FILES)
}

/**
 * The oldest go where there are too many; the page without a network stays.
 * @param {string} name @param {string} url @param {Response} response @param {number} most
 */
async function put(name, url, response, most) {
  const cache = await caches.open(name)
  await cache.delete(url, { ignoreVary: true })
  await cache.put(url, response)
  const kept = (await cache.keys()).filter(({ url }) => new URL(url).pathname !== OFFLINE)
  await Promise.all(kept.slice(0, Math.max(0, kept.length - most)).map(request => cache.delete(request)))
}
