import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Kind } from '../../core/kind'
import type { Application } from './application'
import { isVisitorColumn } from './naming'

/** What `onecount.ts` is made of. */
export interface ServerFile {
  kind: Kind
  basePath: string
  /** The name of the configuration, as it is imported: `./onecount.config`. */
  config: string
  isSupabase: boolean
}

/** Whether people who are not signed in can be actors: the id of their cookie is no UUID, and no row of a table of people. */
export const takesVisitors = ({ rows }: Kind): boolean =>
  rows.actorType === 'text' && isVisitorColumn(rows.actor)

/** `onecount.ts` of the application. */
export function serverText(
  application: Application,
  { kind, basePath, config, isSupabase }: ServerFile,
): string {
  const session = takesVisitors(kind) ? null : sessionOf(application)
  const env = application.isTypeScript ? 'env.DATABASE_URL!' : 'env.DATABASE_URL'
  const imports = [
    `import { onecountNext } from 'onecount/next'`,
    ...(isSupabase ? [] : [`import { postgresJsPort } from 'onecount/postgres'`]),
    `import { redisFromEnv } from 'onecount/redis'`,
    ...(isSupabase
      ? [`import { supabaseFromEnv } from 'onecount/supabase'`]
      : [`import postgres from 'postgres'`]),
    ...(session?.imports ?? []),
    `import config from '${config}'`,
  ]
  const options = [
    `redis: redisFromEnv,`,
    isSupabase
      ? `postgres: env => supabaseFromEnv(env, { kind }),`
      : `postgres: env => postgresJsPort(postgres(${env}, { fetch_types: false }), { kind }),`,
    ...(session ? [...session.lines, `anonymous: false,`] : []),
    ...(basePath === '/api' ? [] : [`basePath: '${basePath}',`]),
  ]
  return `${imports.join('\n')}

const kind = config.kinds.${kind.name}

export const onecount = onecountNext({
${options.map(line => `  ${line}`).join('\n')}
})
`
}

/** The line that a developer completes. */
export const OPEN_SESSION = 'session: () => null,'

interface Session {
  imports: string[]
  lines: string[]
}

/** Who is signed in, by the authentication that the application has. */
function sessionOf({ root, base, isTypeScript, dependencies }: Application): Session {
  const find = (...names: string[]) =>
    names.find(name => existsSync(join(root, base, `${name}.${isTypeScript ? 'ts' : 'js'}`)))
  const supabase = dependencies.has('@supabase/ssr') && find('lib/supabase/server', 'utils/supabase/server')
  if (supabase)
    return {
      imports: [
        `import { isAuthRetryableFetchError } from '@supabase/supabase-js'`,
        `import { createClient } from './${supabase}'`,
      ],
      lines: [
        `session: async () => {`,
        `  const { data, error } = await (await createClient()).auth.getClaims()`,
        `  if (isAuthRetryableFetchError(error)) throw error`,
        `  return data?.claims.sub`,
        `},`,
      ],
    }
  if (dependencies.has('@clerk/nextjs'))
    return {
      imports: [`import { auth } from '@clerk/nextjs/server'`],
      lines: [`session: async () => (await auth()).userId,`],
    }
  if (dependencies.has('next-auth') && find('auth'))
    return {
      imports: [`import { auth } from './auth'`],
      lines: [`session: async () => (await auth())?.user?.id,`],
    }
  return {
    imports: [],
    lines: [
      `// The id of the person who is signed in, from what your authentication has verified.`,
      OPEN_SESSION,
    ],
  }
}
