import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitepress'
import { publicAddress } from '../../packages/onecount/scripts/release/address'
import { rewriteLinks, rewriteTo, slugify } from '../links'
import { sidebarOf } from '../navigation'
import { labelCells } from '../tables'

const DOCS = join(import.meta.dirname, '../../docs')
/** Beside the pages: what programs read, and pictures. */
const FILES = ['llms.txt', 'openapi.json', 'metrics/dashboard.json', 'metrics/alerts.yml']

/** A heart, in the colour of the site. */
const ICON =
  'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 24 24%22%3E%3Cpath fill=%22%23ee4f39%22 d=%22M12 21 3.6 12.6a5.6 5.6 0 0 1 8.4-7.4 5.6 5.6 0 0 1 8.4 7.4z%22/%3E%3C/svg%3E'

const index = readFileSync(join(DOCS, 'llms.txt'), 'utf8')
const repository = publicAddress(process.env, remote())?.page ?? null

function remote(): string | null {
  try {
    return execFileSync('git', ['remote', 'get-url', 'origin'], { encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return null
  }
}

export default defineConfig({
  title: 'onecount',
  description: 'One count, every view: like counts served from Redis, durable in Postgres.',
  lang: 'en',
  head: [['link', { rel: 'icon', href: ICON }]],
  base: process.env.DOCS_BASE ?? '/',
  srcDir: '../docs',
  outDir: 'dist',
  cacheDir: '.cache',
  rewrites: { 'README.md': 'index.md', ':folder/README.md': ':folder/index.md' },
  markdown: {
    anchor: { slugify },
    // Braces in headings are those of addresses, as GitHub shows them.
    attrs: { disable: true },
    config: markdown => {
      rewriteLinks(markdown, rewriteTo(repository))
      labelCells(markdown)
    },
  },
  // The index of the search is loaded with the first search.
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  themeConfig: {
    sidebar: sidebarOf(index),
    outline: [2, 3],
    search: { provider: 'local' },
    nav: [
      { text: 'Get started', link: '/getting-started' },
      { text: 'Reference', link: '/reference/' },
    ],
    ...(repository && { socialLinks: [{ icon: 'github', link: repository }] }),
  },
  buildEnd: ({ outDir }) => {
    for (const file of FILES) cpSync(join(DOCS, file), join(outDir, file))
  },
})
