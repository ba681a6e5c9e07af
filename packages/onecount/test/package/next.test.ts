import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Installed, installInRepository, REPOSITORY, runIn } from './packed'

const NEXT = join(REPOSITORY, 'node_modules/next/dist/bin/next')

/** An application without `transpilePackages`: a page that is rendered on the server, a hook, and a route. */
const APPLICATION = {
  'next.config.js': `
    const root = ${JSON.stringify(REPOSITORY)}
    export default { output: 'standalone', turbopack: { root }, outputFileTracingRoot: root }`,
  'app/layout.jsx': `
    import { LikesProvider } from 'onecount/react'
    export default function Layout({ children }) {
      return <html lang="en"><body><LikesProvider>{children}</LikesProvider></body></html>
    }`,
  'app/page.jsx': `
    import { likesKey } from 'onecount/react'
    import { Heart } from './heart'
    export default function Page() {
      return <main data-key={likesKey('a').join('/')}><Heart id="a" /></main>
    }`,
  'app/heart.jsx': `
    'use client'
    import { useLikes } from 'onecount/react'
    export function Heart({ id }) {
      const { count, toggle } = useLikes(id, { count: 446, liked: false, rev: 1 })
      return <button type="button" onClick={toggle}>{count}</button>
    }`,
  'app/api/likes/route.js': `
    import { createOnecount } from 'onecount'
    import { createHandler } from 'onecount/http'
    import { redisFromEnv } from 'onecount/ioredis'
    import { postgresJsPort } from 'onecount/postgres'
    import { supabasePort } from 'onecount/supabase'
    import postgres from 'postgres'
    export function GET(request) {
      const redis = redisFromEnv(process.env)
      const service = createOnecount({
        redis: redis && redis.port,
        postgres: process.env.DATABASE_URL ? postgresJsPort(postgres(process.env.DATABASE_URL)) : supabasePort(null),
      })
      return createHandler({ service, secret: process.env.SECRET })(request)
    }`,
}

/** Routes that need a peer: one whose code is bundled, and one of `pages`, which loads packages at run time. */
const NEEDING_PEERS = {
  'app/api/peers/route.js': `
    import { redisFromEnv } from 'onecount/ioredis'
    import { supabaseFromEnv } from 'onecount/supabase'
    export const dynamic = 'force-dynamic'
    export function GET() {
      const postgres = supabaseFromEnv({ SUPABASE_URL: 'https://a.test', SUPABASE_SECRET_KEY: 'b' })
      const redis = redisFromEnv({ REDIS_URL: 'redis://127.0.0.1' }, { lazyConnect: true })
      return Response.json([typeof redis.port.run, typeof postgres.peek])
    }`,
  'pages/api/old-peers.js': `
    import { redisFromEnv } from 'onecount/ioredis'
    export default function handle(request, response) {
      response.json([typeof redisFromEnv({ REDIS_URL: 'redis://127.0.0.1' }, { lazyConnect: true }).port.run])
    }`,
}

/** Starts what `output: 'standalone'` has written, where no other module is found, and asks for these addresses. */
async function askStandalone(root: string, paths: string[]): Promise<unknown[]> {
  const alone = await mkdtemp(join(tmpdir(), 'onecount-standalone-'))
  await cp(join(root, '.next/standalone'), alone, { recursive: true, verbatimSymlinks: true })
  const server = spawn(process.execPath, ['server.js'], {
    cwd: join(alone, basename(root)),
    env: { PATH: process.env.PATH, PORT: '0', HOSTNAME: '127.0.0.1', NODE_ENV: 'production' },
  })
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let out = ''
      server.stdout.on('data', data => {
        out += data
        const local = /Local: +(http:\/\/\S+:[1-9]\d*)/.exec(out)?.[1]
        if (local) resolve(local)
      })
      server.once('exit', () => reject(new Error(`the server ended:\n${out}`)))
    })
    return await Promise.all(paths.map(async path => (await fetch(url + path)).json()))
  } finally {
    server.kill()
    await rm(alone, { recursive: true })
  }
}

let app: Installed
beforeAll(async () => {
  app = await installInRepository()
  for (const [name, code] of Object.entries({ ...APPLICATION, ...NEEDING_PEERS })) await app.write(name, code)
})
afterAll(() => app.remove())

describe('Next.js with the packed package', () => {
  it.each(['turbopack', 'webpack'])(
    'is built by %s as the package is',
    { timeout: 300_000 },
    async bundler => {
      const { code, out, err } = await runIn(
        app.root,
        process.execPath,
        [NEXT, 'build', `--${bundler}`],
        280_000,
      )
      expect(code, `${out}\n${err}`).toBe(0)
      const html = await readFile(join(app.root, '.next/server/app/index.html'), 'utf8')
      expect(html).toContain('<button type="button">446</button>')
      expect(html).toContain('data-key="onecount/a"')
      expect(await askStandalone(app.root, ['/api/peers', '/api/old-peers'])).toEqual([
        ['function', 'function'],
        ['function'],
      ])
    },
  )
})
