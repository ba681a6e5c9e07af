const SLOT = Symbol.for('onecount.warnings')
const slots = globalThis as unknown as Record<symbol, Set<string> | undefined>

/** Says once in the life of this process that a setting seems wrong, in its log and in `/api/health`. */
export function warn(message: string): void {
  slots[SLOT] ??= new Set()
  if (slots[SLOT].has(message)) return
  slots[SLOT].add(message)
  console.warn(`[onecount] ${message}`)
}

export const getWarnings = (): string[] => [...(slots[SLOT] ?? [])]
