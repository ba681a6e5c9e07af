import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { keptSecret, privateFolder, writePrivateFile } from './private-files'

let parent: string
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'onecount-private-'))
})
afterEach(() => rm(parent, { recursive: true, force: true }))

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

it('a folder is its owner’s alone, also where it was open before', async () => {
  const [fresh, open] = [join(parent, 'a', 'b'), join(parent, 'open')]
  privateFolder(fresh)
  await mkdir(open)
  await chmod(open, 0o755)
  privateFolder(open)
  expect([await modeOf(fresh), await modeOf(open)]).toEqual(['700', '700'])
})

it('a folder that is shared with other users is left as it is, and refused by name', async () => {
  await chmod(parent, 0o1777)
  expect(() => privateFolder(parent)).toThrow(`${parent} is shared with other users`)
  expect(await modeOf(parent)).toBe('777')
})

it('a file with keys is its owner’s alone, also where it was open before', async () => {
  const [fresh, open] = [join(parent, 'fresh'), join(parent, 'open')]
  await writeFile(open, 'before')
  await chmod(open, 0o644)
  for (const file of [fresh, open]) writePrivateFile(file, 'keys')
  expect([await modeOf(fresh), await modeOf(open)]).toEqual(['600', '600'])
  expect(await readFile(open, 'utf8')).toBe('keys')
})

it('a secret is made once, closed where it was open, and made anew where a start left it empty', async () => {
  const secret = keptSecret(parent, 'key', 'sb_secret_')
  expect(secret).toMatch(/^sb_secret_[\w-]{43}$/)
  await chmod(join(parent, 'key'), 0o644)
  expect(keptSecret(parent, 'key', 'sb_secret_')).toBe(secret)
  expect(await modeOf(join(parent, 'key'))).toBe('600')
  await writeFile(join(parent, 'key'), '')
  expect(keptSecret(parent, 'key')).toMatch(/^[\w-]{43}$/)
})
