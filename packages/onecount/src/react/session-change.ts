const NAME = 'onecount:session'
const KEPT = 'onecount:kept'

/**
 * Presses that are kept in this browser are those of the session that made them: where another one is answered now, as
 * after somebody has signed out, they are forgotten and never sent as its own.
 */
export function noteSession(session: string): void {
  try {
    const { localStorage } = window
    const before = localStorage.getItem(NAME)
    if (before === session) return
    localStorage.setItem(NAME, session)
    if (before === null) return
    for (const name of Object.keys(localStorage)) if (name.startsWith(KEPT)) localStorage.removeItem(name)
  } catch {
    // A storage that is full or forbidden keeps no presses either.
  }
}
