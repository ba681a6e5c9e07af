import { openapiDocument } from '../openapi/document'
import { renderCli } from './cli'
import { renderHttp } from './http'
import { readPages } from './pages'
import { renderIndex, renderPage } from './render'

/** The pages of docs/reference, by file name. */
export async function referenceFiles(version: string): Promise<Map<string, string>> {
  const pages = readPages()
  return new Map([
    ['README.md', renderIndex(pages)],
    ...pages.map((page): [string, string] => [page.file, renderPage(page, pages)]),
    ['openapi.md', renderHttp(openapiDocument(version))],
    ['cli.md', await renderCli()],
  ])
}
