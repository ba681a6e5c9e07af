import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Kind } from '../../core/kind'
import type { Application } from './application'
import { isVisitorColumn } from './naming'

/** What `onecount.ts` is made of. */
export interface ServerFile {
  kinds: Kind[]
  basePath: string
  /** How the configuration is imported: `./onecount.config`. */
  config: string
  isSupabase: boolean
}

/** Whether people who are not signed in can be actors: the id of their cookie is no UUID, and no row of people. */
export const takesVisitors = ({ rows }: Kind): boolean =>
  rows.actorType === 'text' && isVisitorColumn(rows.actor)

/** `onecount.ts` of the application. */
export function serverText(application: Application, file: ServerFile): string {
  const { imports, before, options } = file.isSupabase ? SUPABASE : postgresOf(application)
  const session = file.kinds.every(takesVisitors) ? null : sessionOf(application)
  const all = [
    ...options,
    ...(session?.lines ?? []),
    ...(file.kinds.some(takesVisitors) ? [] : ['anonymous: false,']),
    ...(file.basePath === '/api' ? [] : [`basePath: '${file.basePath}',`]),
  ]
  return `${[...imports, ...(session?.imports ?? [])].join('\n')}
import config from '${file.config}'
${before}
export const onecount = onecountNext({
  config,
  redis: redisFromEnv,
${all.map(line => `  ${line}`).join('\n')}
})
`
}

interface Part {
  imports: string[]
  lines: string[]
}

const NEXT = `import { onecountNext } from 'onecount/next'`

const SUPABASE = {
  imports: [
    NEXT,
    `import { redisFromEnv } from 'onecount/redis'`,
    `import { supabaseFromEnv } from 'onecount/supabase'`,
  ],
  before: '',
  options: ['postgres: supabaseFromEnv,'],
}

const postgresOf = ({ isTypeScript }: Application) => ({
  imports: [
    `import { OnecountError } from 'onecount'`,
    NEXT,
    `import { postgresJsPort } from 'onecount/postgres'`,
    `import { redisFromEnv } from 'onecount/redis'`,
    `import postgres from 'postgres'`,
  ],
  before: `
let sql${isTypeScript ? ': postgres.Sql | undefined' : ''}
/** Connects with the first query. Behind a pooler in transaction mode: prepare: false. */
function connect(url${isTypeScript ? ': string | undefined' : ''}) {
  if (!url) throw new OnecountError('misconfigured', { field: 'DATABASE_URL', detail: 'DATABASE_URL is not set' })
  sql ??= postgres(url, { fetch_types: false })
  return sql
}
`,
  options: ['postgres: ({ DATABASE_URL }, { kind }) => postgresJsPort(connect(DATABASE_URL), { kind }),'],
})

/** The line that a developer completes. */
export const OPEN_SESSION = 'session: () => null,'

/** Who is signed in, by the authentication that the application has. */
function sessionOf({ root, base, isTypeScript, dependencies }: Application): Part {
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
