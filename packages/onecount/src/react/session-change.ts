import { prefixOf } from './kept-ops'

/**
 * Presses that are kept in this browser are those of the session that made them: where the server answers another one
 * now, as after a sign-out, they are forgotten and never sent as its own.
 */
export function noteSession(address: string, session: string): void {
  const kept = prefixOf(address)
  const name = kept.replace('kept', 'session')
  try {
    const { localStorage } = window
    const before = localStorage.getItem(name)
    if (before === session) return
    localStorage.setItem(name, session)
    if (before === null) return
    for (const key of Object.keys(localStorage)) if (key.startsWith(kept)) localStorage.removeItem(key)
  } catch {
    // A storage that is full or forbidden keeps no presses either.
  }
}
