import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const PAGES = execFileSync('git', ['ls-files', '*.md', ':!examples/*/node_modules'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter(Boolean)
const scripts = Object.keys(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts)
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8')

/** The text of a page without its code. */
const proseOf = (text: string) => text.replace(/^ *(`{3,}|~{3,}).*?^ *\1/gms, '').replace(/`[^`\n]*`/g, '')

/** The names that a page can be opened at, as GitHub makes them of its headings, and those that it has of its own. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set([...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, name]) => name!))
  const withoutFences = text.replace(/^ *(`{3,}|~{3,}).*?^ *\1/gms, '')
  for (const [, heading] of withoutFences.matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const shown = heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    const name = shown
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-')
    let unique = name
    for (let n = 1; anchors.has(unique); n++) unique = `${name}-${n}`
    anchors.add(unique)
  }
  return anchors
}

/** Relative links and pictures, those to a place of the page itself too. */
function linksOf(text: string): { path: string; anchor: string }[] {
  const inline = [...proseOf(text).matchAll(/\]\(<?(?!\w+:|\/\/)([^)\s>]+)>?(?: "[^"]*")?\)/g)]
  const named = [...proseOf(text).matchAll(/^\[[^\]]+\]: +(?!\w+:|\/\/)(\S+)/gm)]
  const html = [
    ...proseOf(text).matchAll(/<(?:a|img|source)\b[^>]*\b(?:href|src|srcset)="(?!\w+:|\/\/)([^"]+)"/g),
  ]
  return [...inline, ...named, ...html].map(([, target]) => {
    const [path = '', anchor = ''] = target!.split('#')
    return { path: decodeURIComponent(path), anchor: decodeURIComponent(anchor) }
  })
}

it('are all pages that a reader finds first', () => {
  expect(PAGES).toEqual(
    expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'packages/onecount/README.md', 'docs/design.md']),
  )
  expect(PAGES.filter(page => page.startsWith('docs/')).length).toBeGreaterThan(80)
})

/** Lines of prose that are not wrapped, and words that leave out who acts. */
function slipsOf(text: string): string[] {
  const prose = text.replace(/^ *(`{3,}|~{3,}).*?^ *\1/gms, '').split('\n')
  const isProse = (line: string) => !/^ *(\||#|<|\[|!\[)|^ {4}\S/.test(line) && / .* /.test(line)
  return prose
    .filter(line => (line.length > 120 && isProse(line)) || /\b(nobody|whoever|somebody)\b/i.test(line))
    .map(line => line.slice(0, 160))
}

it.each([
  ['a '.repeat(61), 1],
  [`| ${'a '.repeat(61)} |`, 0],
  [`\`\`\`\n${'a '.repeat(61)}\n\`\`\``, 0],
  ['It is done by whoever comes.', 1],
])('slips of %j are found', (text, found) => {
  expect(slipsOf(text)).toHaveLength(found)
})

it.each(PAGES.filter(page => !page.startsWith('docs/reference/')))(
  '%s is wrapped at 120 columns, and names who acts',
  page => {
    expect(slipsOf(read(page))).toEqual([])
  },
)

it.each<[string, string[]]>([
  ['# A `code` word, and more\n## Again\n## Again', ['a-code-word-and-more', 'again', 'again-1']],
  ['# Über 50 % – yes_no\n```sh\n# a comment\n```', ['über-50---yes_no']],
  ['# [Linked](to.md) & more\n<a id="own"></a>', ['own', 'linked--more']],
])('anchors of %j are %j', (text, anchors) => {
  expect([...anchorsOf(text)]).toEqual(anchors)
})

it('links are found outside of code alone', () => {
  const text =
    '[a](b.md#c) ![d](e.png "f") <source srcset="o.png"> [g](https://h.example) [i](#j)\n`[k](l.md)`\n```\n[m](n.md)\n```\n'
  expect(linksOf(text)).toEqual([
    { path: 'b.md', anchor: 'c' },
    { path: 'e.png', anchor: '' },
    { path: '', anchor: 'j' },
    { path: 'o.png', anchor: '' },
  ])
})

describe.each(PAGES)('%s', page => {
  const text = read(page)

  it('links to files and places that are there', () => {
    const broken = linksOf(text).filter(({ path, anchor }) => {
      const file = path === '' ? page : join(dirname(page), path)
      if (!existsSync(join(ROOT, file))) return true
      return anchor !== '' && file.endsWith('.md') && !anchorsOf(read(file)).has(anchor)
    })
    expect(broken).toEqual([])
  })

  it('names scripts of npm that are there', () => {
    const named = [...text.matchAll(/`npm run ([a-z][\w:-]*)(?![^`]*-w)/g)].map(match => match[1]!)
    expect(named.filter(name => !scripts.includes(name))).toEqual([])
  })
})

it('CONTRIBUTING names paths that are there', () => {
  const paths = [
    ...read('CONTRIBUTING.md').matchAll(/`((?:packages|src|test|simulation|scripts|docs|sql)\/[\w./-]+)`/g),
  ]
  const missing = paths
    .map(match => match[1]!)
    .filter(path => !existsSync(join(ROOT, path)) && !existsSync(join(ROOT, 'packages/onecount', path)))
  expect(paths.length).toBeGreaterThan(5)
  expect(missing).toEqual([])
})
