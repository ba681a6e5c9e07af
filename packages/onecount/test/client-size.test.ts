import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'
import { describe, expect, it } from 'vitest'

const REACT = fileURLToPath(new URL('../src/react', import.meta.url))
/** The application has these anyway. */
const PEERS = ['react', 'react-dom', '@tanstack/react-query', '@supabase/supabase-js', 'vue', 'svelte']

/** `later` imports it when the page has been painted: a bundler makes a file of its own of it. */
const BACKGROUND = './background'
/** Imported by pages that follow broadcasts. */
const BROADCASTS = './follow-broadcasts'
const external = (name: string, filter: RegExp): Plugin => ({
  name,
  setup: ({ onResolve }) => onResolve({ filter }, ({ path }) => ({ path, external: true })),
})
const loadedLater = external('loaded-later', /^\.\/(background|follow-broadcasts)$/)
const withoutBroadcasts = external('without-broadcasts', /^\.\/follow-broadcasts$/)

/** The code that `source` needs, minified and in one file, without the peers. */
async function bundle(source: string, more: BuildOptions = {}): Promise<{ gzip: number; imports: string[] }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: REACT, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    jsx: 'automatic',
    external: PEERS,
    metafile: true,
    write: false,
    ...more,
  })
  const [text] = outputFiles!
  const gzip = gzipSync(text!.contents, { level: 9 }).length
  const outputs = Object.values((metafile as Metafile).outputs)
  const imports = outputs.flatMap(({ imports }) => imports.map(({ path }) => path))
  return { gzip, imports: [...new Set(imports)].sort() }
}

/** What a page loads before its first paint. */
const initial = (source: string) => bundle(source, { plugins: [loadedLater] })

const ALL = "export * from './index'"
const USUAL = "export { LikesProvider, useLikes, LikeButton } from './index'"
const HOOKS = "export { LikesProvider, useLikes } from './index'"
const CLIENT = "export { createLikes } from '../client/index'"
const ELEMENT = "export * from '../element/index'"
const EVERYTHING = `${ALL}; export * from './realtime'; export * from './summary'`

function expectAbout(gzip: number, limit: number): void {
  expect(gzip).toBeLessThanOrEqual(limit)
  // A limit that is far off holds nothing.
  expect(gzip).toBeGreaterThan(limit * 0.9)
}

describe('the code of onecount that a page loads', () => {
  it.each([
    ['provider and hook', HOOKS, 5600],
    ['provider, hook and button', USUAL, 6000],
    ['onecount/react', ALL, 6400],
    ['with onecount/react/realtime', `${ALL}; export * from './realtime'`, 8100],
    ['with onecount/react/summary too', EVERYTHING, 9350],
  ])('%s is small before the first paint, gzipped', async (_, source, limit) => {
    expectAbout((await initial(source)).gzip, limit)
  })

  it.each([
    ['provider, hook and button', USUAL, 12_100],
    ['everything', EVERYTHING, 14_600],
  ])('%s is no larger than its limit with the modules that it loads later', async (_, source, limit) => {
    // As one file: two share no dictionary, and each takes some hundred bytes more for what it imports of the other.
    expectAbout((await bundle(source, { plugins: [withoutBroadcasts] })).gzip, limit)
  })

  it('includes the code for broadcasts only in pages that follow them, and that is small', async () => {
    const { imports } = await initial(EVERYTHING)
    expect(imports).toContain(BROADCASTS)
    const before = await bundle(EVERYTHING, { plugins: [withoutBroadcasts] })
    expectAbout((await bundle(EVERYTHING)).gzip - before.gzip, 900)
  })

  it('loads the rest with one request, by import()', async () => {
    const { imports } = await initial(USUAL)
    expect(imports).toContain(BACKGROUND)
  })

  it('needs React and TanStack Query alone, and Supabase comes with the application', async () => {
    const { imports } = await bundle(EVERYTHING)
    expect(imports).toEqual(['@tanstack/react-query', 'react', 'react/jsx-runtime'])
  })

  it.each([
    ['onecount/client', CLIENT, 5600, 11_700],
    ['onecount/element', ELEMENT, 7300, 13_350],
  ])('%s is small before the first paint and in all, without any package', async (_, source, first, all) => {
    const [before, whole] = [await initial(source), await bundle(source)]
    expect(before.imports).toEqual([BACKGROUND])
    expect(whole.imports).toEqual([])
    expectAbout(before.gzip, first)
    expectAbout(whole.gzip, all)
  })

  it.each([
    ['vue', 6100, 12_200],
    ['svelte', 5800, 11_900],
  ])(
    'onecount/%s is small before the first paint and in all, without its framework',
    async (framework, first, all) => {
      const source = `export * from '../${framework}/index'`
      const [before, whole] = [await initial(source), await bundle(source)]
      expect(whole.imports.map(path => path.split('/')[0])).toEqual([framework])
      expectAbout(before.gzip, first)
      expectAbout(whole.gzip, all)
    },
  )

  it('leaves out exports that are not imported', async () => {
    const [hooks, all] = [await initial(HOOKS), await initial(ALL)]
    expect(all.gzip - hooks.gzip).toBeGreaterThan(500)
  })
})
