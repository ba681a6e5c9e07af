const MARK = 'data-onecount-status'
/** Not `display: none`, which is not read out. Set by script, as a policy may forbid styles in the markup. */
const HIDDEN = 'position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%)'

/**
 * The live region where announcements are heard now: an open dialog makes everything outside it inert, so it gets a
 * region of its own. To be called some time before `announce`: text that arrives with its region is not read out.
 */
export function openRegion(): Element {
  const dialogs = document.querySelectorAll('dialog[open],[aria-modal=true]')
  const root = dialogs[dialogs.length - 1] ?? document.body
  const known = root.querySelector(`:scope>[${MARK}]`)
  if (known) return known
  const region = document.createElement('div')
  region.setAttribute(MARK, '')
  region.setAttribute('role', 'status')
  region.style.cssText = HIDDEN
  return root.appendChild(region)
}

/** Says `text` to people who listen: politely, and instead of what was announced before. */
export function announce(text: string): void {
  openRegion().textContent = text
}
