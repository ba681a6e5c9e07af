import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Installed, installPacked, PACKAGE, subpaths } from './packed'

let app: Installed
let files: string[]

/** A program of an adopting application: every entry, and the code of the README. */
beforeAll(async () => {
  app = await installPacked()
  const paths = await subpaths()
  await app.write('src/all.ts', paths.map((path, i) => `export * as entry${i} from '${path}'\n`).join(''))
  await app.write('src/program.ts', PROGRAM)
  const readme = await readFile(join(PACKAGE, 'README.md'), 'utf8')
  const blocks = [...readme.matchAll(/```tsx?\n\/\/ (\S+)\n(.*?)```/gs)]
  for (const [, name, code] of blocks) await app.write(`src/${name}`, code!)
  files = ['all.ts', 'program.ts', ...blocks.map(([, name]) => name!)].map(name =>
    join(app.root, 'src', name),
  )
})
afterAll(() => app.remove())

const PROGRAM = `
import { createOnecount, type LikeState, type Onecount, OnecountError } from 'onecount'
import { createRedisClient, ioredisPort } from 'onecount/ioredis'
import { postgresJsPort } from 'onecount/postgres'
import { useLikes, type LikesView } from 'onecount/react'
import postgres from 'postgres'

export const onecount: Onecount = createOnecount({
  redis: ioredisPort(createRedisClient('redis://127.0.0.1:6379')),
  postgres: postgresJsPort(postgres('postgres://127.0.0.1/app', { fetch_types: false })),
})
const states: Map<string, LikeState> = await onecount.read(['a'], 'session')
export const count: number | null | undefined = states.get('a')?.count
export const view: (id: string) => LikesView = id => useLikes(id)
export const code = (error: unknown) => (error instanceof OnecountError ? error.code : null)
// @ts-expect-error a count may be unknown
export const wrong: number = states.get('a')!.count
// @ts-expect-error an engine needs Postgres
createOnecount({ redis: null })
`

const RESOLUTIONS = {
  nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  node16: { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
  bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
}

describe('a strict TypeScript program that uses the packed package', () => {
  it('has the code of the README', () => {
    expect(files.map(file => file.replace(/.*\//, ''))).toEqual(
      expect.arrayContaining(['likes.ts', 'like-button.tsx']),
    )
  })

  it.each(Object.entries(RESOLUTIONS))('compiles with moduleResolution %s', (_, resolution) => {
    const program = ts.createProgram(files, {
      ...resolution,
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
      jsx: ts.JsxEmit.ReactJSX,
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      noEmit: true,
      types: ['node'],
      typeRoots: [join(app.root, 'node_modules/@types')],
    })
    const own = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(app.root))
    expect(own.map(({ fileName }) => fileName)).toContain(join(app.installed, 'dist/index.d.ts'))
    const problems = [
      ...program.getOptionsDiagnostics(),
      ...program.getGlobalDiagnostics(),
      // As `skipLibCheck: false`, without the time that the declarations of React, Supabase and the DOM take.
      ...own.flatMap(file => [
        ...program.getSyntacticDiagnostics(file),
        ...program.getSemanticDiagnostics(file),
      ]),
    ]
    expect(problems.map(problem => describeProblem(problem))).toEqual([])
  })
})

function describeProblem({ file, start, messageText }: ts.Diagnostic): string {
  const line = file && file.getLineAndCharacterOfPosition(start ?? 0).line + 1
  return `${file?.fileName}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
}
