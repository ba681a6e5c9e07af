import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manifestFields, publicAddress } from '../../scripts/release/address'
import { checkTarball } from './check-tarball'
import { type Ended, PACKAGE } from './packed'

const GITHUB = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'lucia/one-count' }
const FIELDS = {
  homepage: 'https://github.com/lucia/one-count#readme',
  bugs: { url: 'https://github.com/lucia/one-count/issues' },
  repository: {
    type: 'git',
    url: 'git+https://github.com/lucia/one-count.git',
    directory: 'packages/onecount',
  },
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onecount-release-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A command of npm in the folder of the package, without an address unless one is given. */
async function npm(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const settings = { PATH: process.env.PATH, HOME: folder, NODE_ENV: 'test', INIT_CWD: folder } as const
  // No repository of git has this folder, and so no remote.
  const isolated = { GIT_DIR: join(folder, 'none'), ...settings, ...env }
  return promisify(execFile)('npm', args, { cwd: PACKAGE, env: isolated }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    ({ code, stdout, stderr }) => ({ code, out: stdout, err: stderr }),
  )
}
const manifestOf = async (tarball: string) =>
  JSON.parse((await promisify(execFile)('tar', ['-xzOf', tarball, 'package/package.json'])).stdout)

describe('the address of the sources', () => {
  it.each([
    ['https://github.com/lucia/one-count.git', 'https://github.com/lucia/one-count'],
    ['https://github.com/lucia/one-count/\n', 'https://github.com/lucia/one-count'],
    ['https://lucia:secret@github.com/lucia/one-count.git', 'https://github.com/lucia/one-count'],
    ['git@github.com:lucia/one-count.git', 'https://github.com/lucia/one-count'],
    ['ssh://git@git.lucia.dev:2222/team/sub/one-count.git', 'https://git.lucia.dev/team/sub/one-count'],
    ['https://git.lucia.dev:8443/lucia/one-count', 'https://git.lucia.dev:8443/lucia/one-count'],
  ])('of origin %j is %s', (origin, page) => {
    expect(publicAddress({}, origin)?.page).toBe(page)
  })

  it.each([
    '/srv/git/one-count.git',
    '../one-count',
    'file:///srv/git/one-count',
    'http://github.com/lucia/one-count',
    'git://github.com/lucia/one-count',
    'https://localhost/lucia/one-count',
    'https://127.0.0.1/lucia/one-count',
    'https://10.0.0.7:3000/lucia/one-count',
    'https://[::1]/lucia/one-count',
    'git@build-machine:lucia/one-count.git',
    'git@git.corp:lucia/one-count.git',
    'https://git.internal/lucia/one-count',
    'https://github.com/',
    '',
  ])('is none for origin %j', origin => {
    expect(publicAddress({}, origin)).toBeNull()
  })

  it('is that of the workflow, before that of origin', () => {
    expect(publicAddress(GITHUB, 'git@gitlab.com:mirror/one-count.git')?.page).toBe(
      'https://github.com/lucia/one-count',
    )
    expect(publicAddress({ GITHUB_REPOSITORY: 'lucia/one-count' }, null)).toBeNull()
  })

  it('names a list of issues only where there is one', () => {
    expect(manifestFields(publicAddress({}, 'git@git.lucia.dev:lucia/one-count')!, 'x')).not.toHaveProperty(
      'bugs',
    )
  })
})

describe('npm run release', () => {
  it('packs with the address, and the tarball is as sound as the one without', async () => {
    const { code, out, err } = await npm(['run', '-s', 'release', '--', '--pack', '.'], GITHUB)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const manifest = await manifestOf(out.trim())
    expect(manifest).toMatchObject(FIELDS)
    expect(manifest).not.toHaveProperty('scripts')
    expect(await checkTarball(out.trim())).toEqual([])
  }, 240_000)

  it('packs without one where none is known', async () => {
    const { code, out, err } = await npm(['run', '-s', 'release', '--', '--pack', 'local'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const manifest = await manifestOf(out.trim())
    for (const field of Object.keys(FIELDS)) expect(manifest).not.toHaveProperty(field)
  }, 240_000)

  it('publishes nothing where git has no remote, and says how to add one', async () => {
    const { code, err } = await npm(['run', '-s', 'release'])
    expect(code).toBe(1)
    expect(err).toContain('git remote add origin')
  }, 240_000)

  it('publishes with the address, which the registry is told too', async () => {
    const published: { name: string; versions: Record<string, object> }[] = []
    const registry = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      if (request.method === 'PUT') published.push(JSON.parse(Buffer.concat(chunks).toString()))
      response.writeHead(request.method === 'PUT' ? 201 : 404).end('{}')
    }).listen(0, '127.0.0.1')
    await once(registry, 'listening')
    const host = `127.0.0.1:${(registry.address() as AddressInfo).port}`
    const userconfig = join(folder, 'npmrc')
    await writeFile(userconfig, `//${host}/:_authToken=of-a-test\n`)
    const settings = { ...GITHUB, npm_config_registry: `http://${host}/`, npm_config_userconfig: userconfig }
    const { code, err } = await npm(['run', '-s', 'release'], settings)
    registry.closeAllConnections()
    registry.close()
    expect(code, err).toBe(0)
    expect(published.map(({ name }) => name)).toEqual(['onecount'])
    expect(Object.values(published[0]!.versions)).toMatchObject([FIELDS])
  }, 240_000)
})

describe('npm publish', () => {
  it('in the folder of the package is refused, and names the command that publishes', async () => {
    const { code, err } = await npm(['publish', '--dry-run', '--registry', 'http://127.0.0.1:9'])
    expect(code).not.toBe(0)
    expect(err).toContain('npm run release')
  }, 240_000)
})
