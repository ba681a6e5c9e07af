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
/** The page that stands where none is kept, and its files: these are never pushed out by others. */
const SHELL = 'huella-shell'
const OFFLINE = '/offline'
const MAX_PAGES = 30
const MAX_FILES = 400

/** A file at such an address never changes. */
const isImmutable = (/** @type {string} */ path) => path.startsWith('/_next/static/')
const isFile = (/** @type {string} */ path) => /^\/(_next\/static|scenes|avatars)\//.test(path)
/** The demo and the operations page show the moment, signing in needs a network; the API's answers are no pages. */
const isKept = (/** @type {string} */ path) => !/^\/(api|demo|ops|sign-in)(\/|$)/.test(path)
/** Whose hearts a page shows, as the server says. */
const WHOSE = 'huella-whose'

worker.addEventListener('install', event => {
  event.waitUntil(
    keepAddress(OFFLINE, SHELL).then(hasKept => {
      if (!hasKept) throw new Error(`${OFFLINE} cannot be kept: the next visit tries again`)
      return worker.skipWaiting()
    }),
  )
})

worker.addEventListener('activate', event => event.waitUntil(worker.clients.claim()))

/** A page that was loaded before there was a worker names itself, and then its files. */
worker.addEventListener('message', event => {
  /** @type {{ page?: string, files: string[] }} */
  const { page, files } = event.data
  const url = page ? new URL(page, location.href) : null
  const keepsPage = url?.origin === location.origin && isKept(url.pathname)
  event.waitUntil(Promise.all([keepsPage && keepAddress(url.href), ...files.map(file => keepFile(file))]))
})

worker.addEventListener('fetch', event => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin) return
  if (isFile(pathname)) event.respondWith(file(event))
  else if (request.mode === 'navigate') event.respondWith(isKept(pathname) ? page(event) : passing(event))
})

/**
 * A page that is not kept; but it may be the first one that a person sees who has signed in or out.
 * @param {FetchEvent} event
 */
async function passing(event) {
  const response = await fetch(event.request)
  event.waitUntil(dropOthers(response))
  return response
}

/**
 * Pages of one session are kept, as they show its hearts: those of the person before are gone with the first page of the
 * next one.
 * @param {Response} response
 */
async function dropOthers({ headers }) {
  const whose = headers.get(WHOSE)
  if (whose === null) return
  const cache = await caches.open(PAGES)
  const kept = await cache.keys()
  const owners = await Promise.all(
    kept.map(async request => (await cache.match(request, { ignoreVary: true }))?.headers.get(WHOSE)),
  )
  await Promise.all(kept.filter((_, i) => owners[i] !== whose).map(request => cache.delete(request)))
}

/** @param {FetchEvent} event */
async function page(event) {
  try {
    const response = await fetch(event.request)
    const copy = response.clone()
    event.waitUntil(dropOthers(response).then(() => keepPage(event.request.url, copy)))
    return response
  } catch (error) {
    const kept = await match(event.request.url)
    if (kept) return asKept(kept)
    const offline = await match(OFFLINE)
    if (offline) return offline
    throw error
  }
}

/** @param {FetchEvent} event */
async function file(event) {
  const { url } = event.request
  const kept = await match(url)
  if (kept && isImmutable(new URL(url).pathname)) return kept
  try {
    const response = await fetch(event.request)
    if (response.ok) event.waitUntil(put(FILES, url, response.clone(), MAX_FILES))
    return response
  } catch (error) {
    if (kept) return kept
    throw error
  }
}

/**
 * What Next sends depends on headers that a navigation never has. A browser whose caches fail has kept nothing.
 * @param {string} url
 */
const match = url => caches.match(url, { ignoreVary: true }).catch(() => undefined)

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

/** Whether it is a page that can be kept. @param {string} url @param {Response} response @param {string} [cache] */
async function keepPage(url, response, cache = PAGES) {
  const isHtml = response.headers.get('content-type')?.startsWith('text/html')
  if (response.status !== 200 || response.redirected || !isHtml) return false
  // It names a person.
  if (response.headers.get('huella-keep') === 'no') return false
  await put(cache, url, response, MAX_PAGES)
  return true
}

/** Asks for a page and for the files that it names; whether it is kept. @param {string} address @param {string} [cache] */
async function keepAddress(address, cache) {
  const response = await fetch(address, { headers: { accept: 'text/html' } })
  const html = await response.clone().text()
  if (!(await keepPage(new URL(address, location.href).href, response, cache))) return false
  const files = html.match(/\/_next\/static\/[^"'\\\s)]+/g) ?? []
  await Promise.all([...new Set(files)].map(file => keepFile(file, cache)))
  return true
}

/** @param {string} address @param {string} [cache] */
async function keepFile(address, cache = FILES) {
  const url = new URL(address, location.href)
  if (url.origin !== location.origin || !isFile(url.pathname) || (await match(url.href))) return
  const response = await fetch(url)
  if (response.ok) await put(cache, url.href, response, MAX_FILES)
}

/**
 * Replaces what is kept once all of the answer is there: a page whose loading is broken off stays as it was. The oldest go
 * where there are too many.
 * @param {string} name @param {string} url @param {Response} response @param {number} most
 */
async function put(name, url, response, most) {
  const cache = await caches.open(name)
  await cache.put(url, response)
  const kept = await cache.keys()
  await Promise.all(kept.slice(0, Math.max(0, kept.length - most)).map(request => cache.delete(request)))
}
