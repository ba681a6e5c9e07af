import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { mergedEnv } from '../settings'
import type { Planned } from './files'

/** A setting, and what is said of it in `.env.example`. */
interface Setting {
  name: string
  about: string
  /** Another name that does as well. */
  or?: string
}

const REDIS = {
  name: 'REDIS_URL',
  about: 'redis://user:password@host:6379, with maxmemory-policy noeviction.',
}
const DATABASE = { name: 'DATABASE_URL', about: 'postgres://user:password@host:5432/database' }
const SECRET = {
  name: 'ONECOUNT_SECRET',
  about: 'Signs the cookie of anonymous visitors: 32 random characters or more (openssl rand -base64 32).',
}
const SUPABASE = [
  { name: 'SUPABASE_URL', about: 'The address of the project.', or: 'NEXT_PUBLIC_SUPABASE_URL' },
  {
    name: 'SUPABASE_SECRET_KEY',
    about: 'The secret key of the project, for the server alone.',
    or: 'SUPABASE_SERVICE_ROLE_KEY',
  },
]

/** All that Next.js reads: an empty name in `.env.local` would hide one with a value in `.env.production`. */
const FILES = [
  '.env',
  '.env.local',
  ...['development', 'production', 'test'].flatMap(of => [`.env.${of}`, `.env.${of}.local`]),
]

/** The names that the application needs, in `.env.example` and `.env.local`. No value but a secret that is made here. */
export function planEnvironment(root: string, isSupabase: boolean): Planned[] {
  const settings: Setting[] = [REDIS, ...(isSupabase ? SUPABASE : [DATABASE])]
  const example = readEnv(root, '.env.example')
  const files = FILES.map(file => readEnv(root, file))
  const known = new Set(files.flatMap(namesOf))
  const isSigned = [process.env, ...files.map(({ values }) => values)].some(values => values[SECRET.name])
  const lines = {
    example: missing([...settings, SECRET], new Set(namesOf(example))).map(
      ({ name, about }) => `# ${about}\n${name}=`,
    ),
    local: [
      ...missing(settings, known).map(({ name }) => `${name}=`),
      ...(isSigned ? [] : [`${SECRET.name}=${randomBytes(32).toString('base64url')}`]),
    ],
  }
  return [
    append('.env.example', example.text, lines.example),
    { ...append('.env.local', readEnv(root, '.env.local').text, lines.local), mode: 0o600 },
  ]
}

const missing = (settings: Setting[], names: Set<string>): Setting[] =>
  settings.filter(({ name, or }) => !names.has(name) && !(or && names.has(or)))

/** Names of `.env.local` that have no value yet, neither there nor in the environment. */
export function findEmptyNames(root: string, isSupabase: boolean): string[] {
  const env = mergedEnv(root)
  return [REDIS, ...(isSupabase ? SUPABASE : [DATABASE])]
    .filter(({ name, or }: Setting) => !env[name] && !(or && env[or]))
    .map(({ name }) => name)
}

/** The file of settings that gives the name a value, of those that the commands read; where none does, where it belongs. */
export const findFileOf = (root: string, name: string): string =>
  ['.env.local', '.env'].find(file => readEnv(root, file).values[name]) ?? '.env.local'

interface EnvFile {
  text: string
  values: NodeJS.Dict<string>
}

const namesOf = ({ values }: EnvFile): string[] => Object.keys(values)

function readEnv(root: string, file: string): EnvFile {
  const path = join(root, file)
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  return { text, values: parseEnv(text) }
}

function append(path: string, text: string, lines: string[]): Planned {
  if (lines.length === 0) return { path, text, state: 'unchanged' }
  const gap = text === '' || text.endsWith('\n') ? '' : '\n'
  return { path, text: `${text}${gap}${lines.join('\n')}\n`, state: 'write' }
}
