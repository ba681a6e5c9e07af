import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Installed, installPacked, runIn } from './packed'

let app: Installed
beforeAll(async () => {
  app = await installPacked()
})
afterAll(() => app.remove())

const LIKE = ['--target', 'articles', '--id', 'bigint', '--count', 'like_count', '--rows', 'article_likes']
const PEOPLE = [...LIKE, '--rows-target', 'article_id', '--rows-actor', 'user_id', '--actor', 'uuid']
const VISITORS = [...LIKE, '--rows-target', 'article_id', '--rows-actor', 'session_id', '--actor', 'text']

/** The part of Supabase's client for servers that is used. */
const SERVER_CLIENT = `
import { createClient as create } from '@supabase/supabase-js'
export const createClient = async () => create('https://a.supabase.co', 'key')
`

/** Where each application is: below the folder in which the package is installed. */
const APPLICATIONS: [name: string, dependencies: string[], args: string[], files: Record<string, string>][] =
  [
    ['postgres-people', ['postgres'], PEOPLE, {}],
    ['postgres-visitors', ['postgres'], VISITORS, {}],
    ['supabase-visitors', ['@supabase/supabase-js'], VISITORS, {}],
    [
      'supabase-people',
      ['@supabase/supabase-js', '@supabase/ssr'],
      PEOPLE,
      { 'src/lib/supabase/server.ts': SERVER_CLIENT },
    ],
    [
      'mounted-elsewhere',
      ['postgres'],
      PEOPLE,
      { 'app/api/health/route.ts': 'export const GET = () => new Response()' },
    ],
  ]

/** Runs the command in a folder of its own; answers its TypeScript files. */
async function initialize([name, dependencies, args, files]: (typeof APPLICATIONS)[0]): Promise<string[]> {
  const root = join(app.root, name)
  const names = ['next', ...dependencies].map(of => [of, '*'])
  const manifest = { type: 'module', dependencies: Object.fromEntries(names) }
  const page = Object.keys(files).some(path => path.startsWith('src/')) ? 'src/app/page.tsx' : 'app/page.tsx'
  const all = { 'tsconfig.json': '{}', 'package.json': JSON.stringify(manifest), [page]: '', ...files }
  for (const [path, text] of Object.entries(all)) await app.write(`${name}/${path}`, text)
  const bin = join(app.installed, 'bin/onecount.mjs')
  const ended = await runIn(root, process.execPath, [bin, 'init', '--kind', 'like', ...args])
  expect(ended).toMatchObject({ code: 0, err: '' })
  const paths = await readdir(root, { recursive: true })
  return paths.filter(path => /\.tsx?$/.test(path)).map(path => join(root, path))
}

describe('npx onecount init of the packed package', () => {
  it('writes what compiles, for every application', { timeout: 240_000 }, async () => {
    const files: string[] = []
    for (const application of APPLICATIONS) files.push(...(await initialize(application)))
    const written = files.filter(path =>
      /\/(onecount|onecount\.config|instrumentation|route)\.ts$/.test(path),
    )
    expect(written.length).toBe(4 * APPLICATIONS.length + 1)
    expect(files.filter(path => path.endsWith('/proxy.ts')).length).toBe(2)
    expect(problemsOf(files)).toEqual([])
  })
})

function problemsOf(files: string[]): string[] {
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    jsx: ts.JsxEmit.ReactJSX,
    strict: true,
    noUncheckedIndexedAccess: true,
    isolatedModules: true,
    esModuleInterop: true,
    skipLibCheck: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(app.root, 'node_modules/@types')],
  })
  return files.flatMap(name => {
    const file = program.getSourceFile(name)
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText }) => `${name}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    )
  })
}
