export type Background = typeof import('./background')

/** From one attempt to load the rest to the next; milliseconds. */
export const RETRY_MS = 3000

/** Undefined until it has been loaded. */
export let background: Background | undefined
const waiting: ((background: Background) => void)[] = []

/**
 * Hands over what a page needs only after its first paint: at once if it is there, else as soon as it has been loaded,
 * in the order of the calls. Nothing that a press needs waits for it.
 */
export function later(use: (background: Background) => void): void {
  if (background) use(background)
  // The first one that waits begins to load.
  else if (waiting.push(use) === 1) load()
}

/** Again and again: the page may be offline. */
function load(): void {
  import('./background').then(
    loaded => {
      background = loaded
      for (const use of waiting.splice(0)) {
        try {
          use(loaded)
        } catch (error) {
          // The others still run, and the page's `error` event tells of this one.
          queueMicrotask(() => {
            throw error
          })
        }
      }
    },
    () => setTimeout(load, RETRY_MS),
  )
}
