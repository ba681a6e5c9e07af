import { formatCount } from '@/app/components/format'

/** How often the server is asked whether Postgres holds the like, milliseconds. */
export const ASK_EVERY_MS = 50

/**
 * Resolves after the frame in which every count inside `root` reads `count`, with the moment in which it was painted: a
 * message that is sent in a frame arrives behind its paint. Never, when it is aborted first.
 */
export function whenShown(root: Element, count: number, signal: AbortSignal): Promise<number> {
  const text = formatCount(count)
  const { port1, port2 } = new MessageChannel()
  return new Promise(resolve => {
    const look = () => {
      if (signal.aborted) return
      const all = [...root.querySelectorAll('[data-like-count]')]
      if (all.length === 0 || all.some(one => one.textContent !== text)) requestAnimationFrame(look)
      else port2.postMessage(null)
    }
    port1.onmessage = () => resolve(performance.now())
    requestAnimationFrame(look)
  })
}

/** Resolves when the like that was pressed after `since` is answered, with the browser's own time of the answer. */
export function whenAnswered(postId: string, since: number, signal: AbortSignal): Promise<number> {
  return new Promise(resolve => {
    const observer = new PerformanceObserver(entries => {
      for (const entry of entries.getEntries() as PerformanceResourceTiming[]) {
        if (entry.startTime < since || entry.responseStatus !== 200) continue
        if (new URL(entry.name).pathname !== `/api/likes/${postId}`) continue
        resolve(entry.responseEnd)
      }
    })
    observer.observe({ type: 'resource' })
    signal.addEventListener('abort', () => observer.disconnect())
  })
}

/** Asks the API until it says that Postgres holds this session's like; resolves with the moment of that answer. */
export async function whenStored(postId: string, liked: boolean, signal: AbortSignal): Promise<number> {
  while (!signal.aborted) {
    const state = await readState(postId, signal)
    if (state?.durable && state.liked === liked) return performance.now()
    await new Promise(resolve => setTimeout(resolve, ASK_EVERY_MS))
  }
  return new Promise(() => {})
}

async function readState(postId: string, signal: AbortSignal) {
  try {
    const response = await fetch(`/api/likes?ids=${postId}`, { signal })
    const { likes } = (await response.json()) as {
      likes?: Record<string, { durable: boolean | null; liked: boolean | null }>
    }
    return likes?.[postId]
  } catch {
    return undefined
  }
}
