import type { Shared } from './shared'

export interface Warnings {
  /** Says once in the life of this process that a setting seems wrong, in its log and in `{base}/health`. */
  warn(message: string): void
  list(): string[]
}

export function createWarnings(shared: Shared): Warnings {
  const said = () => shared.once('warnings', () => new Set<string>())
  return {
    warn(message) {
      if (said().has(message)) return
      said().add(message)
      console.warn(`[onecount] ${message}`)
    },
    list: () => [...said()],
  }
}
