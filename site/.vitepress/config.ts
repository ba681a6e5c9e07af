import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitepress'
import { publicAddress } from '../../packages/onecount/scripts/release/address'
import { rewriteLinks, rewriteTo, slugify } from '../links'
import { sidebarOf } from '../navigation'

const DOCS = join(import.meta.dirname, '../../docs')
/** Beside the pages: what programs read, and pictures. */
const FILES = ['llms.txt', 'openapi.json', 'metrics/dashboard.json', 'metrics/alerts.yml']

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
  base: process.env.DOCS_BASE ?? '/',
  srcDir: '../docs',
  outDir: 'dist',
  cacheDir: '.cache',
  rewrites: { 'README.md': 'index.md', ':folder/README.md': ':folder/index.md' },
  markdown: {
    anchor: { slugify },
    config: markdown => rewriteLinks(markdown, rewriteTo(repository)),
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
