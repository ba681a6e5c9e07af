/** A link of the sidebar. */
export interface Item {
  text: string
  link: string
}

/** A part of the sidebar. */
export interface Section {
  text: string
  items: Item[]
  /** Closed until a reader opens it; absent: it cannot be closed. */
  collapsed?: boolean
}

/** What the index calls a section, and the sidebar otherwise. */
const NAMES: Record<string, string> = { Optional: 'Decisions' }
/** More links than a reader looks through. */
const LONG = 12

/**
 * The sidebar: the sections of `docs/llms.txt`, which lists every page once and names it as it names itself.
 *
 * @param text of that file
 */
export function sidebarOf(text: string): Section[] {
  return text
    .split(/^## /m)
    .slice(1)
    .map(section => {
      const title = section.split('\n', 1)[0]!
      const items = [...section.matchAll(/^- \[(.+)\]\(([^)\s]+)\)/gm)].map(([, name, path]) => ({
        text: name!.replaceAll('`', ''),
        link: addressOf(path!),
      }))
      return { text: NAMES[title] ?? title, items, ...(items.length > LONG && { collapsed: true }) }
    })
}

/** Where a file of docs is on the site. */
export const addressOf = (path: string): string =>
  `/${path.replace(/(^|\/)README\.md$/, '$1').replace(/\.md$/, '.html')}`
