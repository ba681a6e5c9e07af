import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'

const sources = join(import.meta.dirname)
const docs = join(import.meta.dirname, '../../../../docs')

const manifest = (fields: object) => {
  vi.resetModules()
  vi.doMock('node:fs', () => ({ readFileSync: () => JSON.stringify(fields) }))
  return import('./guide')
}

describe('the place of a guide', () => {
  it('is an address where the package names that of its sources', async () => {
    const { guide } = await manifest({ homepage: 'https://forge.dev/some/onecount#readme' })
    expect(guide('adopt')).toBe('https://forge.dev/some/onecount/blob/HEAD/docs/adopt.md')
  })

  it('is a path of the repository where it does not', async () => {
    const { guide } = await manifest({})
    expect(guide('adopt')).toBe('docs/adopt.md in the repository of onecount')
  })

  it('is one that there is, and no text of a command names one otherwise', async () => {
    const files = (await readdir(sources, { recursive: true })).filter(path => path.endsWith('.ts'))
    const texts = await Promise.all(
      files
        .filter(path => !/\.test\.|guide\.ts$/.test(path))
        .map(path => readFile(join(sources, path), 'utf8')),
    )
    const named = texts.flatMap(text => [...text.matchAll(/guide\('([\w-]+)'\)/g)].map(([, name]) => name))
    expect(named).not.toEqual([])
    for (const name of named) expect(existsSync(join(docs, `${name}.md`)), name).toBe(true)
    for (const text of texts) expect(text).not.toMatch(/docs\/[\w-]+\.md/)
  })
})
