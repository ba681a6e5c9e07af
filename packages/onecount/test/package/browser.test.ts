import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Installed, installPacked } from './packed'

let app: Installed
beforeAll(async () => {
  app = await installPacked()
})
afterAll(() => app.remove())

/** What a browser loads of the package; what the application has anyway is left out. */
async function bundle(code: string) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: app.root },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    logLevel: 'error',
    format: 'esm',
    // A module of Node is an error of this build.
    platform: 'browser',
    target: 'es2022',
    external: ['react', 'react/jsx-runtime', '@tanstack/react-query'],
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const text = outputFiles[0]!.text
  return { text, gzipped: gzipSync(text, { level: 9 }).length, inputs: Object.keys(metafile.inputs) }
}

describe('onecount/react in a browser', () => {
  it('has no module of Node, of a server, or of a peer', async () => {
    const { inputs } = await bundle(`export * from 'onecount/react'`)
    const foreign = inputs.filter(path => path !== '<stdin>' && !/onecount\/dist\/(react|core)\//.test(path))
    expect(foreign).toEqual([])
  })

  it('is at most 12.4 kB gzipped, with the modules that are loaded after the first paint', async () => {
    const { gzipped } = await bundle(`export * from 'onecount/react'`)
    expect(gzipped).toBeLessThanOrEqual(12_400)
  })

  it('is left out of a bundle that uses none of it', async () => {
    const { text } = await bundle(
      `import 'onecount/react'\nimport { nextOp } from 'onecount'\nconsole.log('page')`,
    )
    expect(text.trim()).toBe('console.log("page");')
  })
})
