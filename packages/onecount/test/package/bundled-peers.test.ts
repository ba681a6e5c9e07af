import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Installed, installPacked, runIn } from './packed'

let app: Installed
/** Where Node finds no package. */
let alone: string
beforeAll(async () => {
  app = await installPacked()
  alone = await mkdtemp(join(tmpdir(), 'onecount-alone-'))
})
afterAll(() => Promise.all([app.remove(), rm(alone, { recursive: true })]))

const PROGRAM = `
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

describe.each(['esm', 'cjs'] as const)('a server in one file of format %s', format => {
  it('has its peers in it, and runs without any module beside it', async () => {
    const { outputFiles } = await build({
      stdin: { contents: PROGRAM, resolveDir: app.root },
      bundle: true,
      write: false,
      logLevel: 'error',
      platform: 'node',
      format,
      // Packages of CommonJS require the modules of Node.
      ...(format === 'esm' && {
        banner: {
          js: `import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)`,
        },
      }),
    })
    const file = join(alone, `server.${format === 'esm' ? 'mjs' : 'cjs'}`)
    await writeFile(file, outputFiles[0]!.text)
    const { code, out, err } = await runIn(alone, process.execPath, [file])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('openmetrics')
  })
})
