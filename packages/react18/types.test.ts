import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

it('the types of React 18 accept those of onecount/react', async () => {
  const tsc = pathOf('../../node_modules/typescript/bin/tsc')
  const check = promisify(execFile)(process.execPath, [tsc, '-p', pathOf('.')])
  await expect(check).resolves.toMatchObject({ stdout: '' })
})
