import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Installed, installInRepository, REPOSITORY, runIn } from './packed'

const NEXT = join(REPOSITORY, 'node_modules/next/dist/bin/next')

/** An application without `transpilePackages`: a page that is rendered on the server, a hook, and a route. */
const APPLICATION = {
  'next.config.js': `export default { turbopack: { root: ${JSON.stringify(REPOSITORY)} } }`,
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

let app: Installed
beforeAll(async () => {
  app = await installInRepository()
  for (const [name, code] of Object.entries(APPLICATION)) await app.write(name, code)
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
    },
  )
})
