import { posix } from 'node:path'
import type { Markdown, Token } from './markdown'

/** What a link of a page becomes on the site; null: text alone, as there is nothing to link to. */
export type Rewrite = (href: string, page: string) => string | null

/**
 * Links work on GitHub and on the site: those to a README lead to the page of its folder, and those that leave docs, to
 * sources and examples, to the repository.
 *
 * @param repository `https://github.com/owner/name`; null: it is not known
 */
export const rewriteTo =
  (repository: string | null): Rewrite =>
  (href, page) => {
    if (/^([a-z]+:|\/\/|#|\/)/i.test(href)) return href
    const [path = '', anchor] = href.split('#')
    const target = posix.join('docs', posix.dirname(page), path)
    if (!target.startsWith('docs/'))
      return repository && `${repository}/blob/HEAD/${target}${anchor === undefined ? '' : `#${anchor}`}`
    const isFolder = posix.extname(path) === ''
    const address = isFolder ? `${path.replace(/\/$/, '')}/` : path.replace(/(^|\/)README\.md$/, '$1')
    return `${address === '' ? './' : address}${anchor === undefined ? '' : `#${anchor}`}`
  }

/** Rewrites every link of a page before it is rendered. */
export function rewriteLinks(markdown: Markdown, rewrite: Rewrite): void {
  markdown.core.ruler.push('links-of-docs', ({ tokens, env }) => {
    for (const token of tokens)
      if (token.children) token.children = visit(token.children, env.relativePath ?? '')
  })

  function visit(tokens: Token[], page: string): Token[] {
    const left: Token[] = []
    /** Of each link that is open, whether it is one still. */
    const open: boolean[] = []
    for (const token of tokens) {
      if (token.type === 'link_close' && !open.pop()) continue
      if (token.type === 'link_open') {
        const href = rewrite(token.attrGet('href') ?? '', page)
        open.push(href !== null)
        if (href === null) continue
        token.attrSet('href', href)
      }
      left.push(token)
    }
    return left
  }
}

/** The name of a heading, as GitHub makes it: links to it are the same there. */
export const slugify = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-')
