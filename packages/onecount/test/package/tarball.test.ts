import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkTarball } from './check-tarball'
import { PACKAGE, pack, type Tarball } from './packed'

let folder: string
let tarball: Tarball

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onecount-tarball-'))
  tarball = await pack(folder)
})
afterAll(() => rm(folder, { recursive: true }))

describe('the published package', () => {
  it('is the built package, its migrations and its documents', async () => {
    const rest = tarball.files.filter(path => !path.startsWith('dist/') && !path.startsWith('sql/')).sort()
    expect(rest).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'bin/onecount.mjs', 'package.json'])
    const sql = tarball.files.filter(path => path.startsWith('sql/')).map(path => path.slice('sql/'.length))
    const migrations = (await readdir(join(PACKAGE, 'sql'))).filter(name => name.endsWith('.sql'))
    expect(sql.sort()).toEqual(migrations.sort())
  })

  it('has modules and declarations, and no tests, simulation, maps or TypeScript sources', () => {
    const strange = tarball.files.filter(path => path.startsWith('dist/') && !/(\.js|\.d\.ts)$/.test(path))
    expect(strange).toEqual([])
    expect(tarball.files.filter(path => /\.test\.|(^|\/)(test|simulation)\//.test(path))).toEqual([])
  })

  it('has every source but the tests: their helpers are in test/support', async () => {
    const sources = await readdir(join(PACKAGE, 'src'), { recursive: true })
    const modules = sources.filter(path => /\.tsx?$/.test(path) && !path.includes('.test.'))
    const missing = modules
      .map(path => `dist/${path.replace(/\.tsx?$/, '.js')}`)
      .filter(path => !tarball.files.includes(path))
    expect(missing).toEqual([])
  })

  it('has no module whose source is gone, as a stale build would', async () => {
    const sources = await readdir(join(PACKAGE, 'src'), { recursive: true })
    const known = new Set(sources.map(path => path.replace(/\.tsx?$/, '')))
    const unknown = tarball.files
      .filter(path => path.startsWith('dist/'))
      .filter(path => !known.has(path.replace(/^dist\/|(\.d\.ts|\.js)$/g, '')))
    expect(unknown).toEqual([])
  })

  it('is at most 500 kB', () => {
    expect(tarball.bytes).toBeLessThan(500_000)
  })

  it('compiles nothing at run time, and requires no peer', async () => {
    const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(
      await readFile(join(PACKAGE, 'package.json'), 'utf8'),
    )
    expect(Object.keys(dependencies)).toEqual(['ws'])
    const optional = Object.keys(peerDependenciesMeta).filter(name => peerDependenciesMeta[name].optional)
    expect(optional.sort()).toEqual(Object.keys(peerDependencies).sort())
  })
})

describe('publint and "are the types wrong"', () => {
  it('find nothing: every entry is what its types say, under node16 and bundler resolution', async () => {
    expect(await checkTarball(tarball.path)).toEqual([])
  })
})
