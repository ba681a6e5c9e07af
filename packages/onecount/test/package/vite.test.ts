import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Installed, installPacked, PEERS, runIn } from './packed'

/** Vite comes with Vitest, and Rolldown, which has the interface of Rollup, with Vite. */
const ofVitest = createRequire(createRequire(import.meta.url).resolve('vitest/package.json'))
const ofVite = createRequire(ofVitest.resolve('vite/package.json'))
const load = (name: string, from: NodeJS.Require) => import(pathToFileURL(from.resolve(name)).href)

interface Output {
  output: { type: string; fileName: string; code?: string; imports?: string[]; dynamicImports?: string[] }[]
}
/** The part of each version's API that the tests use. */
interface Vite {
  build(config: object): Promise<Output>
}
interface Rolldown {
  rolldown(options: object): Promise<{ generate(options: object): Promise<Output>; close(): Promise<void> }>
}

let app: Installed
let vite: Vite
let rolldown: Rolldown
/** Where Node finds no package. */
let alone: string
beforeAll(async () => {
  app = await installPacked([...PEERS, 'jsdom'])
  vite = await load('vite', ofVitest)
  rolldown = await load('rolldown', ofVite)
  alone = await mkdtemp(join(tmpdir(), 'onecount-alone-'))
})
afterAll(() => Promise.all([app.remove(), rm(alone, { recursive: true })]))

/** A page with a heart, and what it shows before anything is fetched. */
const PAGE = `
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { LikesProvider, useLikes } from 'onecount/react'
function Heart() {
  const { count, liked } = useLikes('50050001-aaaa-bbbb-cccc-ddddeeee0001', { count: 446, liked: true, rev: 1, op: 3 })
  return createElement('b', null, liked + ' ' + count)
}
createRoot(document.body).render(createElement(LikesProvider, null, createElement(Heart)))
`
/** Shows the page without a browser, and prints what it says. */
const SHOW = `
import { JSDOM } from 'jsdom'
const { window } = new JSDOM('<body></body>', { url: 'http://localhost/', pretendToBeVisual: true })
for (const name of ['window', 'document', 'navigator', 'localStorage', 'BroadcastChannel'])
  Object.defineProperty(globalThis, name, { value: name === 'window' ? window : window[name], configurable: true })
globalThis.fetch = () => new Promise(() => {})
await import('./page.js')
while (!document.body.textContent.includes('446')) await new Promise(resolve => setTimeout(resolve, 10))
console.log(document.body.textContent)
process.exit()
`
const SERVER = `
import { createRedisClient } from 'onecount/ioredis'
import { tokenSession } from 'onecount/jose'
import { createMetrics } from 'onecount/metrics'
import { supabaseFromEnv } from 'onecount/supabase'
import { createUpstashClient } from 'onecount/upstash'
createRedisClient('redis://127.0.0.1', { lazyConnect: true }).disconnect()
createUpstashClient({ url: 'https://a.test', token: 'b' })
supabaseFromEnv({ SUPABASE_URL: 'https://a.test', SUPABASE_SECRET_KEY: 'b' })
tokenSession({ jwks: 'https://a.test/.well-known/jwks.json', audience: 'a' })
console.log(createMetrics().contentType)
`

const codeOf = ({ output }: Output): string => output.map(({ code = '' }) => code).join('\n')
/** Names of modules that a bundle asks for, beside its own files. */
const importsOf = ({ output }: Output): string[] => {
  const names = output.flatMap(({ imports = [], dynamicImports = [] }) => [...imports, ...dynamicImports])
  return names.filter(name => !output.some(({ fileName }) => fileName === name))
}

async function expectShown(code: string): Promise<void> {
  await app.write('shown/page.js', code)
  await app.write('shown/show.js', SHOW)
  const { code: exit, out, err } = await runIn(app.root, process.execPath, ['shown/show.js'])
  expect({ exit, out, err }).toEqual({ exit: 0, out: 'true 446\n', err: '' })
}

/** Runs the server where no package is. */
async function expectServed(name: string, code: string): Promise<void> {
  await writeFile(join(alone, name), code)
  const { code: exit, out, err } = await runIn(alone, process.execPath, [name])
  expect({ exit, err }).toEqual({ exit: 0, err: '' })
  expect(out).toContain('openmetrics')
}

describe('Vite', () => {
  /** Without files of its own; what it warns of fails the test. */
  async function build(input: string, more: { ssr?: object; build?: object } = {}): Promise<Output> {
    const warnings: string[] = []
    const warn = (line: string) => void warnings.push(line)
    const output = await vite.build({
      root: app.root,
      configFile: false,
      logLevel: 'warn',
      customLogger: {
        info() {},
        warn,
        warnOnce: warn,
        error: warn,
        clearScreen() {},
        hasErrorLogged: () => false,
      },
      ...more,
      build: {
        write: false,
        minify: false,
        rolldownOptions: { input: join(app.root, input) },
        ...more.build,
      },
    })
    // Of TanStack Query, whose files begin with 'use client'.
    expect(warnings.filter(line => !line.includes('MODULE_LEVEL_DIRECTIVE'))).toEqual([])
    return output
  }

  it('builds a page of onecount/react that runs, with no module of Node', async () => {
    await app.write('page-source.js', PAGE)
    expect(importsOf(await build('page-source.js'))).toEqual([])
    const output = await build('page-source.js', { build: { rolldownOptions: ONE_FILE('page-source.js') } })
    await expectShown(codeOf(output))
  })

  it('builds a server that has its peers in it', async () => {
    await app.write('server.js', SERVER)
    const output = await build('server.js', {
      ssr: { noExternal: true },
      build: { ssr: true, rolldownOptions: ONE_FILE('server.js') },
    })
    await expectServed('vite.mjs', codeOf(output))
  })

  it('builds a server that finds its peers beside it, as it does where nothing is said', async () => {
    await app.write('server.js', SERVER)
    const output = await build('server.js', { build: { ssr: true } })
    expect(importsOf(output)).toContain('onecount/ioredis')
    await app.write('built.js', codeOf(output))
    const { code: exit, out, err } = await runIn(app.root, process.execPath, ['built.js'])
    expect({ exit, err }).toEqual({ exit: 0, err: '' })
    expect(out).toContain('openmetrics')
  })
})

const ONE_FILE = (input: string) => ({
  input: join(app.root, input),
  output: { codeSplitting: false, format: 'esm' },
})

describe('Rolldown, as Rollup is called', () => {
  async function generate(input: string, options: object, output: object): Promise<string> {
    const warnings: string[] = []
    const bundle = await rolldown.rolldown({
      input: join(app.root, input),
      cwd: app.root,
      onLog: (_: string, { message }: { message: string }) => void warnings.push(message),
      ...options,
    })
    const code = codeOf(await bundle.generate({ codeSplitting: false, ...output }))
    await bundle.close()
    expect(warnings.filter(text => /resolve|external/i.test(text))).toEqual([])
    return code
  }

  it('bundles a page of onecount/react that runs', async () => {
    await app.write('page-source.js', PAGE)
    const define = { 'process.env.NODE_ENV': '"production"' }
    await expectShown(
      await generate('page-source.js', { platform: 'browser', transform: { define } }, { format: 'esm' }),
    )
  })

  it.each([
    ['esm', 'rolldown.mjs'],
    ['cjs', 'rolldown.cjs'],
  ])('bundles a server of format %s that has its peers in it', async (format, name) => {
    await app.write('server.js', SERVER)
    await expectServed(name, await generate('server.js', { platform: 'node' }, { format }))
  })
})
