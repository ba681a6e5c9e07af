import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createApplication, type TestApplication } from '../support/application'
import { connect } from '../support/databases'
import { forAllTests } from '../support/for-all-tests'

const TABLES = `
  create table people (id uuid primary key);
  create table articles (id bigint primary key, title text, like_count integer not null default 0);
  create table article_likes (article_id bigint not null references articles, user_id uuid not null references people,
    created_at timestamptz not null default now(), primary key (article_id, user_id));
  create table posts (id uuid primary key);
  create schema visits;
  create table visits.hearts (post_id uuid not null references posts, session_id text not null,
    primary key (post_id, session_id))`

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let DATABASE_URL: string
let pasted = 0
beforeAll(async () => {
  DATABASE_URL = await server.createDatabase('articles')
  const sql = connect(DATABASE_URL, { max: 1 })
  await sql.unsafe(TABLES)
  await sql.end()
})

const applications: TestApplication[] = []
const application = async (...options: Parameters<typeof createApplication>) => {
  const made = await createApplication(...options)
  applications.push(made)
  return made
}
afterEach(async () => {
  for (const made of applications.splice(0)) await made.remove()
})

const LIKE = ['--kind', 'like']
const HEART = ['--kind', 'heart']
const TIMEOUT = 60_000
const LAYOUT = 'export default function Layout({ children }) { return children }\n'

describe('npx onecount init', { timeout: TIMEOUT }, () => {
  it.each(['supabase/migrations', `db/it's "ours" $(exit) & more`])(
    'prints a line that a shell can run as it is, with the folder %s',
    async folder => {
      const app = await application()
      const { code, out, err } = await app.init([...LIKE, '--migrations', folder, '--json'], { DATABASE_URL })
      expect({ code, err }).toEqual({ code: 0, err: '' })
      const step = JSON.parse(out).next.find((text: string) => text.startsWith('Apply'))
      expect(step.includes('npx supabase db push')).toBe(folder === 'supabase/migrations')
      expect(step).not.toContain('set -a')
      const [line] = /psql .*$/.exec(step)!
      const database = await server.createDatabase(`pasted${pasted++}`)
      const sql = connect(database, { max: 1 })
      await sql.unsafe(TABLES)
      execFileSync('bash', ['-c', line], {
        cwd: app.root,
        env: { ...process.env, DATABASE_URL: database },
        stdio: 'pipe',
      })
      const [{ made }] =
        (await sql`select to_regproc('onecount_like_drain') is not null as made`) as unknown as [
          { made: boolean },
        ]
      await sql.end()
      expect(made).toBe(true)
    },
  )

  it('writes the migration into a folder outside of the application that is there, and says where', async () => {
    const app = await application()
    const outside = await realpath(await mkdtemp(join(tmpdir(), 'onecount-monorepo-')))
    const folder = `../${basename(outside)}/supabase/migrations`
    const args = [...LIKE, '--migrations', folder, '--json']
    const before = await app.snapshot()
    const refused = await app.init(args, { DATABASE_URL })
    expect(refused.code).toBe(2)
    expect(JSON.parse(refused.out).error).toContain(
      `${outside}/supabase/migrations is not there: make it first`,
    )
    expect(await app.snapshot()).toEqual(before)

    await mkdir(join(outside, 'supabase/migrations'), { recursive: true })
    const { code, out } = await app.init(args, { DATABASE_URL })
    const report = JSON.parse(out)
    const [name] = await readdir(join(outside, 'supabase/migrations'))
    expect(code).toBe(0)
    expect(report.files).toContainEqual({ path: `${folder}/${name}`, state: 'write' })
    expect(report.notes).toContain(
      `${folder} is outside of this application: its migrations are in ${outside}/supabase/migrations`,
    )
    expect(report.next).toContainEqual(expect.stringContaining(`psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f`))
    expect(await app.migrations()).toEqual([])
    const again = await app.init(args, { DATABASE_URL })
    expect(JSON.parse(again.out).files).toContainEqual({ path: `${folder}/${name}`, state: 'unchanged' })
    await rm(outside, { recursive: true })
  })

  it('writes the missing files, and nothing when it is run again', async () => {
    const app = await application({
      files: { 'app/layout.tsx': LAYOUT, 'tsconfig.json': '{}', '.env': 'A=1' },
    })
    const first = await app.init(LIKE, { DATABASE_URL })
    expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: '' })
    const [migration] = await app.migrations()
    expect(await app.list()).toEqual(
      [
        '.env',
        '.env.example',
        '.env.local',
        'app/api/[[...path]]/route.ts',
        'app/layout.tsx',
        'instrumentation.ts',
        'onecount.config.ts',
        'onecount.ts',
        'package.json',
        migration,
        'tsconfig.json',
      ].sort(),
    )
    expect(migration).toMatch(/^supabase\/migrations\/\d{14}_onecount\.sql$/)
    expect(first.out).toContain('written  onecount.config.ts')
    expect(first.out).toContain('npm install ioredis @tanstack/react-query')
    expect(first.out).toContain('In onecount.ts let session return the id of the person who is signed in')

    const before = await app.snapshot()
    // The configuration that is there says it all: no database, no options.
    const second = await app.init([])
    expect({ code: second.code, err: second.err }).toEqual({ code: 0, err: '' })
    expect(second.out).not.toMatch(/^written/m)
    expect(await app.snapshot()).toEqual(before)
  })

  it.each(['.env.local', '.env'])(
    'prints a line that reads the address from %s where a shell has none',
    async file => {
      const database = await server.createDatabase(`sourced${pasted++}`)
      const sql = connect(database, { max: 1 })
      await sql.unsafe(TABLES)
      const app = await application()
      await app.write(file, `DATABASE_URL='${database}'\n`)
      const { out } = await app.init([...LIKE, '--json'])
      const step = JSON.parse(out).next.find((text: string) => text.startsWith('Apply'))
      const [line] = /set -a; .*$/.exec(step)!
      const { PATH } = process.env
      execFileSync('bash', ['-c', line], { cwd: app.root, env: { PATH, NODE_ENV: 'test' }, stdio: 'pipe' })
      const [row] = await sql`select to_regproc('onecount_like_drain') is not null as made`
      await sql.end()
      expect(row).toEqual({ made: true })
    },
  )

  it('goes on where an earlier run was stopped', async () => {
    const app = await application()
    await app.init(LIKE, { DATABASE_URL })
    const whole = await app.snapshot()
    for (const path of ['onecount.ts', 'instrumentation.ts', (await app.migrations())[0]!])
      execFileSync('rm', [path], { cwd: app.root })
    await app.init([])
    const { [(await app.migrations())[0]!]: migration, ...rest } = await app.snapshot()
    expect(whole).toMatchObject(rest)
    expect(Object.values(whole)).toContain(migration)
  })

  it.each([
    [['--id', 'uuid'], '--id: articles.id is bigint, not uuid'],
    [['--actor', 'text'], '--actor: article_likes.user_id is uuid, not text'],
    [['--count', 'title'], '--count: articles.title is text, not bigint'],
  ])('looks whether %j fits before it writes anything', async (args, message) => {
    const app = await application()
    const before = await app.snapshot()
    const { code, out, err } = await app.init([...LIKE, ...args], { DATABASE_URL })
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(`does not fit the database. Nothing was written`)
    expect(err).toContain(message)
    expect(await app.snapshot()).toEqual(before)
  })

  it('may run twice at once', async () => {
    const app = await application()
    const ended = await Promise.all([1, 2, 3].map(() => app.init(LIKE, { DATABASE_URL })))
    expect(ended.filter(({ code }) => code === 0).length).toBeGreaterThan(0)
    for (const { code, err } of ended)
      if (code !== 0) expect(err).toContain('was written by another program meanwhile')
    expect((await app.init([])).code).toBe(0)
    expect((await app.read('.env.local')).match(/ONECOUNT_SECRET=/g)).toHaveLength(1)
    expect((await app.list()).filter(path => path.endsWith('.tmp'))).toEqual([])
  })

  it('writes nothing with --dry-run, and prints what it would write, without a secret', async () => {
    const app = await application()
    const before = await app.snapshot()
    const { code, out } = await app.init([...LIKE, '--dry-run'], { DATABASE_URL })
    expect(code).toBe(0)
    expect(await app.snapshot()).toEqual(before)
    expect(out).toContain('would write  onecount.config.ts')
    expect(out).toContain(`rows: { table: 'article_likes', target: 'article_id', actor: 'user_id' },`)
    expect(out).not.toMatch(/ONECOUNT_SECRET=\S/)
  })

  it('prints one object with --json, also where it cannot choose', async () => {
    const app = await application()
    const chosen = await app.init([...LIKE, '--json'], { DATABASE_URL })
    expect(JSON.parse(chosen.out)).toMatchObject({
      dryRun: false,
      kinds: { like: { target: { table: 'articles' } } },
      files: expect.arrayContaining([{ path: 'onecount.ts', state: 'write' }]),
    })
    const other = await application()
    const open = await other.init(['--json'], { DATABASE_URL })
    expect(open.code).toBe(2)
    expect(JSON.parse(open.out)).toMatchObject({
      error: 'Several tables may be meant: choose with --kind',
      candidates: [{ kind: 'like' }, { kind: 'heart' }],
    })
  })

  it('makes a second migration only where the SQL differs, later than all others', async () => {
    const app = await application()
    await app.write('supabase/migrations/99990101000000_later.sql', 'select 1;')
    await app.init(LIKE, { DATABASE_URL })
    const [first] = await app.migrations()
    expect(first).toBe('supabase/migrations/99990101000001_onecount.sql')
    await app.write(first!, `${await app.read(first!)}-- of another version\n`)
    await app.init([])
    expect(await app.migrations()).toEqual([first, 'supabase/migrations/99990101000002_onecount.sql'])
    await app.init([])
    expect(await app.migrations()).toHaveLength(2)
    await app.write('supabase/migrations/99990101000003_onecount_uninstall.sql', 'select 1;')
    await app.init([])
    expect(await app.migrations()).toHaveLength(3)
  })
})

describe('files of the application', { timeout: TIMEOUT }, () => {
  it('are never changed: what they lack is printed', async () => {
    const files = {
      'src/app/layout.tsx': LAYOUT,
      'tsconfig.json': '{}',
      'src/proxy.ts': 'export function proxy() {}\n',
      'src/instrumentation.ts': 'export function register() {}\n',
      'src/app/(site)/api/[...all]/route.ts': 'export const GET = () => new Response()\n',
      '.env.local': 'DATABASE_URL=postgres://a',
      '.env.example': '# of ours\nDATABASE_URL=\n',
    }
    const app = await application({ files })
    const { code, out } = await app.init(HEART, { DATABASE_URL })
    expect(code).toBe(1)
    for (const [path, text] of Object.entries(files))
      if (!path.startsWith('.env')) expect(await app.read(path)).toBe(text)
    expect(await app.read('.env.example')).toMatch(/^# of ours\nDATABASE_URL=\n# redis:/)
    expect(await app.read('.env.local')).toMatch(
      /^DATABASE_URL=postgres:\/\/a\nREDIS_URL=\nONECOUNT_SECRET=\S{43}\n$/,
    )
    expect(out).toContain('src/proxy.ts is yours, and lacks what these lines do')
    expect(out).toContain('export const proxy = onecount.withSession(async request => {')
    expect(out).toContain('src/instrumentation.ts is yours, and lacks what these lines do')
    // What answers below /api goes on doing so.
    expect(await app.read('src/onecount.ts')).toContain(`basePath: '/api/onecount',`)
    expect(await app.read('src/app/api/onecount/[[...path]]/route.ts')).toContain(
      `from '../../../../onecount'`,
    )
    expect(out).toContain(`createHttpTransport({ baseUrl: '/api/onecount/likes' })`)

    await app.write(
      'src/proxy.ts',
      `import { onecount } from './onecount'\nexport const proxy = onecount.withSession(() => {})\n`,
    )
    await app.write(
      'src/instrumentation.ts',
      `export async function register() { (await import('./onecount')).onecount.register() }\n`,
    )
    const second = await app.init([], { DATABASE_URL })
    expect(second.code).toBe(0)
    expect(second.out).toMatch(/kept +src\/proxy\.ts/)
    expect(second.out).not.toMatch(/^written/m)
  })

  it('get no second configuration: that of before counts', async () => {
    const app = await application()
    await app.init(LIKE, { DATABASE_URL })
    const before = await app.snapshot()
    const { code, out } = await app.init(HEART, { DATABASE_URL })
    expect(code).toBe(0)
    expect(out).toContain('onecount.config.ts is there and counts: --kind not used')
    expect(await app.snapshot()).toEqual(before)
  })

  it('that are JavaScript get JavaScript', async () => {
    const app = await application({ files: { 'app/layout.jsx': LAYOUT } })
    const { code } = await app.init(LIKE, { DATABASE_URL })
    expect(code).toBe(0)
    expect(await app.list()).toEqual(
      expect.arrayContaining([
        'onecount.config.mjs',
        'onecount.js',
        'app/api/[[...path]]/route.js',
        'instrumentation.js',
      ]),
    )
    expect(await app.read('onecount.js')).toContain(`import config from './onecount.config.mjs'`)
    expect(await app.read('onecount.js')).not.toMatch(/\w!|: string|Sql/)
    expect((await app.init([])).code).toBe(0)
  })
})

describe('visitors and people', { timeout: TIMEOUT }, () => {
  it('a kind whose actors are sessions gets the proxy, and no code that asks who is signed in', async () => {
    const app = await application()
    await app.init(HEART, { DATABASE_URL })
    expect(await app.read('proxy.ts')).toContain('export const proxy = onecount.withSession()')
    expect(await app.read('onecount.ts')).not.toMatch(/session:|anonymous:/)
    expect(await app.read('onecount.config.ts')).toContain(
      `rows: { table: 'visits.hearts', target: 'post_id', actor: 'session_id', createdAt: null },`,
    )
  })

  it.each([
    ['@clerk/nextjs', {}, '(await auth()).userId'],
    ['next-auth', { 'auth.ts': '' }, '(await auth())?.user?.id'],
    ['@supabase/ssr', { 'lib/supabase/server.ts': '' }, 'auth.getClaims()'],
    ['none', {}, 'session: () => null,'],
  ])('people who sign in are those of %s', async (name, files, session) => {
    const app = await application({
      dependencies: ['postgres', name],
      files: { 'app/layout.tsx': LAYOUT, 'tsconfig.json': '{}', ...files },
    })
    await app.init(LIKE, { DATABASE_URL })
    const text = await app.read('onecount.ts')
    expect(text).toContain(session)
    expect(text).toContain('anonymous: false,')
    expect(await app.list()).not.toContain('proxy.ts')
  })
})

describe('settings', { timeout: TIMEOUT }, () => {
  it('a secret is made once, for its owner alone, and no other value is written', async () => {
    const app = await application({ dependencies: ['@supabase/supabase-js'] })
    await app.init(LIKE, { DATABASE_URL })
    expect(await app.permissions('.env.local')).toBe(0o600)
    const local = await app.read('.env.local')
    expect(local).toMatch(/^REDIS_URL=\nSUPABASE_URL=\nSUPABASE_SECRET_KEY=\nONECOUNT_SECRET=[\w-]{43}\n$/)
    expect(await app.read('.env.example')).not.toMatch(/=\S/)
    expect(await app.read('onecount.ts')).toContain('postgres: supabaseFromEnv,')
  })

  it('a secret that is there is left, whichever file or environment has it; an empty one is none', async () => {
    const ONECOUNT_SECRET = 's'.repeat(40)
    const files = { 'app/layout.tsx': LAYOUT, '.env': `ONECOUNT_SECRET=${ONECOUNT_SECRET}\n` }
    const [inFile, inEnvironment] = [await application({ files }), await application()]
    await inFile.init(LIKE, { DATABASE_URL })
    await inEnvironment.init(LIKE, { DATABASE_URL, ONECOUNT_SECRET })
    for (const app of [inFile, inEnvironment])
      expect(await app.read('.env.local')).toBe('REDIS_URL=\nDATABASE_URL=\n')
    await inEnvironment.write('.env', 'ONECOUNT_SECRET=\n')
    await inEnvironment.init([])
    expect(await inEnvironment.read('.env.local')).toMatch(
      /^REDIS_URL=\nDATABASE_URL=\nONECOUNT_SECRET=\S{43}\n$/,
    )
  })

  it('a name that a file for production has is not hidden by an empty one', async () => {
    const files = {
      'app/layout.tsx': LAYOUT,
      '.env.production': 'REDIS_URL=redis://a\nNEXT_PUBLIC_SUPABASE_URL=b\n',
    }
    const app = await application({ dependencies: ['@supabase/supabase-js'], files })
    await app.init(LIKE, { DATABASE_URL })
    expect(await app.read('.env.local')).toMatch(/^SUPABASE_SECRET_KEY=\nONECOUNT_SECRET=\S+\n$/)
  })

  it('a file of secrets that git would keep is named', async () => {
    const app = await application()
    execFileSync('git', ['init', '--quiet'], { cwd: app.root })
    expect((await app.init(LIKE, { DATABASE_URL })).out).toContain('Add .env.local to .gitignore')
    await app.write('.gitignore', '.env*\n')
    expect((await app.init([])).out).not.toContain('.gitignore')
  })
})

describe('what cannot be used is named', { timeout: TIMEOUT }, () => {
  it.each<[string, Parameters<typeof createApplication>[0], string[], Record<string, string>, string]>([
    ['an option', {}, ['--tables', 'a'], {}, `Unknown option '--tables'`],
    ['a Next that is too old', { nextVersion: '15.5.2' }, [], {}, 'next 15.5.2 is too old'],
    ['no app router', { files: { 'pages/index.tsx': '' } }, [], {}, 'there is no app folder'],
    [
      'a package.json',
      { files: { 'app/a.tsx': '', 'package.json': '{' } },
      [],
      {},
      'package.json cannot be read',
    ],
    ['no Next', { files: { 'package.json': '{}' } }, [], {}, 'next is not in package.json'],
    ['no database', {}, [], {}, 'DATABASE_URL is not set'],
    [
      'a folder of migrations',
      { files: { 'app/a.tsx': '', 'onecount.config.mjs': 'export default {}' } },
      ['--migrations', '/tmp'],
      {},
      '--migrations /tmp cannot be used',
    ],
    [
      'a folder of migrations that is a file',
      { files: { 'app/a.tsx': '', 'onecount.config.mjs': 'export default {}' } },
      ['--migrations', 'package.json'],
      {},
      '--migrations package.json is a file: name a folder',
    ],
    [
      'a folder of migrations that is not there, outside of the application',
      { files: { 'app/a.tsx': '', 'onecount.config.mjs': 'export default {}' } },
      ['--migrations', 'app/../../no-such-folder/migrations'],
      {},
      '--migrations app/../../no-such-folder/migrations is outside of this application, and /',
    ],
    [
      'a syntax',
      { files: { 'app/a.tsx': '', 'onecount.config.ts': 'const a = ;' } },
      [],
      {},
      'onecount.config.ts cannot be read',
    ],
    ['an empty option', {}, ['--rows', ''], {}, '--rows is empty'],
    ['an address', {}, ['--database-url', 'localhost'], {}, 'DATABASE_URL cannot be read: write postgres://'],
    [
      'a database that is down',
      {},
      ['--database-url', 'postgres://127.0.0.1:1/a'],
      {},
      'Postgres does not answer',
    ],
    [
      'a configuration',
      { files: { 'app/a.tsx': '', 'onecount.config.mjs': 'export default { kinds: { like: {} } }' } },
      [],
      {},
      'kinds.like.target: is missing',
    ],
  ])('%s', async (_, options, args, env, message) => {
    const app = await application(options)
    const before = await app.snapshot()
    const { code, out, err } = await app.init(args, env)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
    expect(await app.snapshot()).toEqual(before)
  })
})
