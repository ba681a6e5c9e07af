import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const DOCS = join(import.meta.dirname, '../docs')
const text = readFileSync(join(DOCS, 'llms.txt'), 'utf8')
const lines = text.split('\n')
const entries = [...text.matchAll(/^- \[(.+)\]\(([^)\s]+)\)(?:: (.+))?$/gm)].map(([, title, path, line]) => ({
  title: title!,
  path: path!,
  line,
}))
/** What a reader opens: pages, and what programs read. No pictures. */
const pages = readdirSync(DOCS, { recursive: true, encoding: 'utf8' })
  .map(path => path.replaceAll('\\', '/'))
  .filter(path => /\.(md|json|yml)$/.test(path))
const isDecision = (path: string) => /^decisions\/\d/.test(path)

describe('docs/llms.txt', () => {
  it('is as the convention has it: one title, one sentence, then sections of links', () => {
    expect(lines[0]).toBe('# onecount')
    expect(lines.filter(line => line.startsWith('# '))).toHaveLength(1)
    expect(lines.filter(line => line.startsWith('> '))).toEqual([lines[2]])
    expect(lines[2]).toMatch(/^> [^.]*(\.\w[^.]*)*\.$/)
    const sections = text.split(/^## /m).slice(1)
    expect(sections.length).toBeGreaterThan(3)
    for (const section of sections) {
      const list = section.split('\n').filter(line => line.startsWith('- '))
      expect(list.length, section).toBeGreaterThan(0)
      for (const line of list) expect(line).toMatch(/^- \[.+\]\(\S+\)(: .+\.)?$/)
    }
    // Readers with little room leave out the optional section, so it is the last one.
    expect(sections.findIndex(section => section.startsWith('Optional'))).toBe(sections.length - 1)
  })

  it('links to files that exist', () => {
    expect(entries.length).toBeGreaterThan(50)
    expect(entries.filter(({ path }) => !existsSync(join(DOCS, path)))).toEqual([])
  })

  it('lists every page of the docs, each once', () => {
    expect(entries.map(({ path }) => path).sort()).toEqual(pages.sort())
  })

  it('names pages by their own titles, and describes each in a line', () => {
    for (const { title, path, line } of entries) {
      if (path.endsWith('.md')) expect(readFileSync(join(DOCS, path), 'utf8')).toContain(`# ${title}\n`)
      // The title of a decision says what was decided.
      expect(Boolean(line), path).toBe(!isDecision(path))
    }
  })
})
