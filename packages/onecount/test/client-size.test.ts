import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Metafile } from 'esbuild'
import { describe, expect, it } from 'vitest'

const REACT = fileURLToPath(new URL('../src/react', import.meta.url))
/** The application has these anyway. */
const PEERS = ['react', 'react-dom', '@tanstack/react-query', '@supabase/supabase-js']

/** What a page loads that imports `source`, minified, without the peers. */
async function bundle(source: string): Promise<{ gzip: number; peers: string[] }> {
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
  })
  const [text] = outputFiles
  const gzip = gzipSync(text!.contents, { level: 9 }).length
  const outputs = Object.values((metafile as Metafile).outputs)
  const peers = outputs.flatMap(({ imports }) => imports.map(({ path }) => path))
  return { gzip, peers: [...new Set(peers)].sort() }
}

const ALL = "export * from './index'"
const HOOKS = "export { LikesProvider, useLikes } from './index'"

describe('what a page loads of onecount', () => {
  it.each([
    ['provider and hook', HOOKS, 9200],
    ['onecount/react', ALL, 10_200],
    ['with onecount/react/realtime', `${ALL}; export * from './realtime'`, 11_300],
    [
      'with onecount/react/summary too',
      `${ALL}; export * from './realtime'; export * from './summary'`,
      11_800,
    ],
  ])('%s is small, gzipped', async (_, source, limit) => {
    const { gzip } = await bundle(source)
    expect(gzip).toBeLessThanOrEqual(limit)
    // A limit that is far off holds nothing.
    expect(gzip).toBeGreaterThan(limit * 0.9)
  })

  it('needs React and TanStack Query alone, and Supabase comes with the application', async () => {
    const { peers } = await bundle(`${ALL}; export * from './realtime'; export * from './summary'`)
    expect(peers).toEqual(['@tanstack/react-query', 'react', 'react/jsx-runtime'])
  })

  it('leaves out what is not imported', async () => {
    const [hooks, all] = [await bundle(HOOKS), await bundle(ALL)]
    expect(all.gzip - hooks.gzip).toBeGreaterThan(500)
  })
})
