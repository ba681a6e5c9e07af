import { DEFAULT_KIND, scopeOf } from './kind'

/**
 * Presses that are kept in this browser are those of the session that made them: where the server answers another one
 * now, as after a sign-out, they are forgotten and never sent as its own; those of every kind at this address.
 */
export function noteSession(address: string, session: string): void {
  const scope = `${scopeOf(DEFAULT_KIND, address)}:`
  const name = `onecount:session${scope}`
  try {
    const { localStorage } = window
    const before = localStorage.getItem(name)
    if (before === session) return
    localStorage.setItem(name, session)
    if (before === null) return
    for (const key of Object.keys(localStorage))
      if (/^onecount:kept(?:\/[^@:]*)?(.*)/s.exec(key)?.[1]?.startsWith(scope)) localStorage.removeItem(key)
  } catch {
    // A storage that is full or forbidden keeps no presses either.
  }
}
