import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { rewriteTo, slugify } from '../site/links'
import { addressOf, sidebarOf } from '../site/navigation'

const ROOT = join(import.meta.dirname, '..')
const DOCS = join(ROOT, 'docs')
const SITE = join(ROOT, 'site/dist')

const filesOf = (folder: string, extension: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith(extension))
const pages = filesOf(DOCS, '.md')
/** Where the site has a page of docs. */
const fileOf = (page: string): string => page.replace(/README\.md$/, 'index.md').replace(/\.md$/, '.html')

const read = (file: string) => readFileSync(join(SITE, file), 'utf8')
const valuesOf = (html: string, attribute: string): string[] =>
  [...html.matchAll(new RegExp(`\\s${attribute}="([^"]*)"`, 'g'))].map(([, value]) =>
    value!.replaceAll('&amp;', '&'),
  )

/** The file and the place that a link leads to. */
function targetOf(from: string, href: string): { file: string; anchor: string } {
  const [path = '', anchor = ''] = href.split('#')
  const joined = path.startsWith('/') ? path.slice(1) : posix.join(posix.dirname(from), path)
  const isFolder = path.endsWith('/') || joined === '' || joined === '.'
  const file = path === '' ? from : isFolder ? posix.join(joined, 'index.html') : joined
  return { file: decodeURIComponent(file), anchor: decodeURIComponent(anchor) }
}

describe('a link of docs on the site', () => {
  it.each([
    ['next.md', 'adopt.md', 'next.md'],
    ['../next.md#x', 'decisions/001-a.md', '../next.md#x'],
    ['reference/README.md', 'README.md', 'reference/'],
    ['README.md', 'next.md', './'],
    ['../examples/node', 'frameworks.md', 'https://forge.example/o/n/blob/HEAD/examples/node'],
    ['../README.md#adopt-it', 'frameworks.md', 'https://forge.example/o/n/blob/HEAD/README.md#adopt-it'],
    ['https://redis.io', 'frameworks.md', 'https://redis.io'],
    ['#here', 'next.md', '#here'],
    ['openapi.json', 'http-api.md', 'openapi.json'],
  ])('%s of %s is %s', (href, page, expected) => {
    expect(rewriteTo('https://forge.example/o/n')(href, page)).toBe(expected)
  })

  it('is text where it leaves docs and no repository is known', () => {
    expect(rewriteTo(null)('../examples/node', 'frameworks.md')).toBeNull()
    expect(rewriteTo(null)('next.md', 'adopt.md')).toBe('next.md')
  })

  it('leads to headings by the names that GitHub gives them', () => {
    expect(slugify('A `code` word, and more')).toBe('a-code-word-and-more')
    expect(slugify('OnecountNext.readLikes')).toBe('onecountnextreadlikes')
  })
})

describe('the sidebar', () => {
  const sections = sidebarOf(readFileSync(join(DOCS, 'llms.txt'), 'utf8'))

  it('begins with getting started, and ends with decisions', () => {
    expect(sections.map(({ text }) => text)).toEqual([
      'Getting started',
      'Guides',
      'Reference',
      'Operating it',
      'How it works',
      'Decisions',
    ])
  })

  it('has every page of docs', () => {
    const links = sections.flatMap(({ items }) => items.map(({ link }) => link))
    expect(pages.length).toBeGreaterThan(100)
    expect(pages.map(addressOf).filter(address => !links.includes(address))).toEqual([])
  })
})

describe('npm run docs', () => {
  beforeAll(async () => {
    await promisify(execFile)('npm', ['run', '-s', 'docs'], { cwd: ROOT, maxBuffer: 2 ** 24 })
  }, 600_000)

  it('builds every page, each with every link of the sidebar', () => {
    expect(pages.map(fileOf).filter(file => !existsSync(join(SITE, file)))).toEqual([])
    const first = valuesOf(read('index.html'), 'href').map(href => targetOf('index.html', href).file)
    expect(pages.map(fileOf).filter(file => !first.includes(file))).toEqual([])
  })

  it('has no dead link, to a file or to a place in it', () => {
    const files = filesOf(SITE, '.html').filter(file => file !== '404.html')
    const ids = new Map(
      files.map(file => [file, new Set(valuesOf(read(file), 'id').map(decodeURIComponent))]),
    )
    const dead = files.flatMap(from =>
      ['href', 'src']
        .flatMap(attribute => valuesOf(read(from), attribute))
        .filter(href => !/^(\w+:|\/\/)/.test(href))
        .filter(href => {
          const { file, anchor } = targetOf(from, href)
          const isThere = existsSync(join(SITE, file)) && statSync(join(SITE, file)).isFile()
          return !isThere || (anchor !== '' && ids.has(file) && !ids.get(file)!.has(anchor))
        })
        .map(href => `${from}: ${href}`),
    )
    expect(files.length).toBeGreaterThan(100)
    expect(dead).toEqual([])
  })

  it('loads nothing from elsewhere', () => {
    const html = filesOf(SITE, '.html').map(read).join('\n')
    const loaded = [
      ...html.matchAll(
        /<(?:script|link|img|source|iframe)\b[^>]*?\s(?:src|href)="(?!data:)(\w+:|\/\/)[^"]*"/g,
      ),
    ]
    expect(loaded.map(([tag]) => tag)).toEqual([])
    const css = filesOf(SITE, '.css').map(read).join('\n')
    expect([...css.matchAll(/url\(\s*["']?(?:https?:)?\/\/[^)]*\)/g)].map(([url]) => url)).toEqual([])
    expect(
      filesOf(SITE, '.woff2')
        .map(file => posix.basename(file))
        .every(name => name.startsWith('figtree')),
    ).toBe(true)
  })

  it('has a search over what is on it, and the files that programs read', () => {
    const index = filesOf(SITE, '.js').find(file => file.includes('localSearchIndex'))
    expect(read(index!)).toContain('getting-started')
    for (const file of ['llms.txt', 'openapi.json', 'metrics/dashboard.json', 'metrics/alerts.yml'])
      expect(read(file)).toBe(readFileSync(join(DOCS, file), 'utf8'))
  })
})
