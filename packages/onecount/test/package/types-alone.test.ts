import { cp, mkdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Installed, installPacked, REPOSITORY, subpaths } from './packed'
import { NEEDS } from './peers'

let app: Installed
beforeAll(async () => {
  app = await installPacked([])
})
afterAll(() => app.remove())

const RESOLUTIONS = {
  nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
}

const SHARED: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  noEmit: true,
}

/** A folder beside the package with these modules alone, and a program that imports `path` alone. */
async function write(path: string): Promise<string> {
  const folder = path.replaceAll('/', '-')
  const { peers, types } = NEEDS[path]!
  await app.write(`${folder}/package.json`, '{ "type": "module" }')
  await app.write(
    `${folder}/program.ts`,
    `export * from '${path}'\nimport * as all from '${path}'\nvoid all\n`,
  )
  const modules = join(app.root, folder, 'node_modules')
  for (const name of [...peers, ...types]) {
    await mkdir(dirname(join(modules, name)), { recursive: true })
    await symlink(join(REPOSITORY, 'node_modules', name), join(modules, name))
  }
  // A package of its own, as its declarations look for peers from where they are.
  await cp(app.installed, join(modules, 'onecount'), { recursive: true })
  return join(app.root, folder)
}

describe('a strict TypeScript program that imports one subpath, with the peers of this one alone', () => {
  it('is there for every subpath', async () => {
    expect(Object.keys(NEEDS).sort()).toEqual((await subpaths()).sort())
  })

  it.each(Object.keys(NEEDS))('%s', async path => {
    const folder = await write(path)
    for (const [name, resolution] of Object.entries(RESOLUTIONS)) {
      const program = ts.createProgram([join(folder, 'program.ts')], {
        ...SHARED,
        ...resolution,
        types: NEEDS[path]!.types.includes('@types/node') ? ['node'] : [],
        typeRoots: [join(folder, 'node_modules/@types')],
      })
      const own = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(folder))
      expect(own.length, name).toBeGreaterThan(1)
      // The declarations of the peers are theirs: what they lack is not for onecount to install.
      const problems = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()].concat(
        own.flatMap(file => [
          ...program.getSyntacticDiagnostics(file),
          ...program.getSemanticDiagnostics(file),
        ]),
      )
      expect(problems.map(describeProblem), name).toEqual([])
    }
  })
})

function describeProblem({ file, messageText }: ts.Diagnostic): string {
  const name = file?.fileName.replace(/.*\/onecount\//, '')
  return `${name} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
}
