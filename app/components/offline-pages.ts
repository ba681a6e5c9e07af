/** The pages that `public/service-worker.js` keeps. */
const PAGES = 'huella-pages'
const ALL = [PAGES, 'huella-files', 'huella-shell']

/** A page that this browser has seen, and has still. */
export interface KeptPage {
  path: string
  title: string
}

/**
 * Lets the service worker keep the last pages, this one first. In development pages are never kept: an earlier
 * `npm start` at the same address may have left a worker, which goes with all that it has.
 */
export function keepPagesForLater(): void {
  if (!('serviceWorker' in navigator)) return
  if (process.env.NODE_ENV !== 'production') return void forgetPages()
  // After what the page itself needs.
  if (document.readyState === 'complete') void register()
  else addEventListener('load', () => void register(), { once: true })
}

async function register(): Promise<void> {
  const { serviceWorker } = navigator
  const hadWorker = serviceWorker.controller !== null
  // From then on the worker sees what is loaded; what was loaded before it is told.
  const taken = new Promise<ServiceWorker | null>(resolve => {
    const take = () => resolve(serviceWorker.controller)
    serviceWorker.addEventListener('controllerchange', take, { once: true })
  })
  try {
    await serviceWorker.register('/service-worker.js')
    if (hadWorker) return
    const worker = await taken
    worker?.postMessage({ page: location.href, files: [] })
    if (worker) tellFiles(worker)
  } catch {
    // A browser that allows none, or a network that has just gone: the next page tries again.
  }
}

/** Tells the worker of files that it has not seen: also of those that were on their way when it took over. */
function tellFiles(worker: ServiceWorker): void {
  const observer = new PerformanceObserver(list => {
    const unseen = (list.getEntries() as PerformanceResourceTiming[]).filter(
      ({ workerStart }) => workerStart === 0,
    )
    if (unseen.length > 0) worker.postMessage({ files: unseen.map(({ name }) => name) })
  })
  observer.observe({ type: 'resource', buffered: true })
}

async function forgetPages(): Promise<void> {
  const registrations = await navigator.serviceWorker.getRegistrations()
  await Promise.all(registrations.map(registration => registration.unregister()))
  await Promise.all(ALL.map(name => caches.delete(name)))
}

/** Of when the page is, where it is one that was kept. */
export function keptAt(): Date | null {
  const at = Date.parse(document.documentElement.dataset.keptAt ?? '')
  return Number.isNaN(at) ? null : new Date(at)
}

/** The newest first, each with the title that it had. */
export async function keptPages(): Promise<KeptPage[]> {
  if (!('caches' in window)) return []
  const cache = await caches.open(PAGES)
  const pages = await Promise.all(
    (await cache.keys()).map(async request => {
      const { pathname, search } = new URL(request.url)
      const html = (await (await cache.match(request, { ignoreVary: true }))?.text()) ?? ''
      const { title } = new DOMParser().parseFromString(html, 'text/html')
      return { path: pathname + search, title: title.replace(/ · huella$/, '') }
    }),
  )
  return pages.reverse()
}
