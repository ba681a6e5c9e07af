import { renderCli } from './cli'
import { readPages } from './pages'
import { renderIndex, renderPage } from './render'

/** The pages of docs/reference, by file name. */
export async function referenceFiles(): Promise<Map<string, string>> {
  const pages = readPages()
  return new Map([
    ['README.md', renderIndex(pages)],
    ...pages.map((page): [string, string] => [page.file, renderPage(page, pages)]),
    ['cli.md', await renderCli()],
  ])
}
