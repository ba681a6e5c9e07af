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

describe.each(PAGES)('%s', page => {
  const text = read(page)

  it('links to files that are there', () => {
    const targets = [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map(match => match[1]!)
    // The page of the package on a registry is read without the repository: its links are complete addresses.
    expect(targets.filter(target => !existsSync(join(ROOT, dirname(page), target)))).toEqual([])
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
