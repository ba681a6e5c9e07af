import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outputOf } from './support/output-of'

const BIN = join(import.meta.dirname, '../bin/onecount.mjs')
const RUNNER = join(import.meta.dirname, 'support/run-main.mjs')

/** Nothing listens there. */
const STORES = { REDIS_URL: 'redis://127.0.0.1:1', DATABASE_URL: 'postgres://me@127.0.0.1:1/none' }
const SECRET = { ONECOUNT_SECRET: 'x'.repeat(40) }

interface Case {
  args: string[]
  /** What the message says: which field, and what to do. */
  says: RegExp
  env?: Record<string, string>
  files?: Record<string, string>
  /** Where it is not 2. */
  code?: number
}
type Cases = Record<string, Omit<Case, 'args'> & { args?: string[] }>

const USAGE: Cases = {
  'an option that is not known': { args: ['--nope'], says: /^Unknown option '--nope'$/ },
  'a letter that is not known': { args: ['-x'], says: /^Unknown option '-x'$/ },
  'a value for a flag': { args: ['--help=1'], says: /'--help' does not take an argument/ },
  'two names in one word': { args: ['--help --json'], says: /Unknown option '--help --json'/ },
}

const CONFIG_OPTIONS: Cases = {
  'no value at the end': { args: ['--config'], says: /^--config has no value: give it one$/ },
  'no value before an option': { args: ['--config', '--help'], says: /^--config has no value: what follows/ },
  'an empty value': { args: ['--kind', ''], says: /^--kind is empty: give it a value, or leave it out$/ },
  'an empty value of --config': { args: ['--config='], says: /^--config is empty: / },
  'an option twice': { args: ['--kind', 'a', '--kind', 'b'], says: /^--kind is given twice: give it once$/ },
}
const POSITIONAL: Cases = {
  'an argument': { args: ['extra'], says: /^Unexpected argument 'extra': this command takes options alone$/ },
}

const withConfig = (text: string, says: RegExp, name = 'onecount.config.mjs') => ({
  files: { [name]: text },
  says,
})
const kind = (fields: string) => `export default { kinds: { like: { ${fields} } } }`
const GOOD = kind(`target: { table: 'a', id: 'uuid' }, rows: { table: 'b', target: 'c', actor: 'd' }`)

/** What `defineConfig` has answered, which is changed before it is exported. */
const changed = (change: string) => `
  const like = {
    name: 'like', isDefault: false, isPrivate: false, keyPrefix: 'like:',
    target: { schema: 'public', table: 'a', id: 'uuid', column: 'id', count: 'likes' },
    rows: { schema: 'public', table: 'b', target: 'c', actor: 'd', actorType: 'text', createdAt: 'created_at' },
  }
  const checked = { kinds: { like } }
  ${change}
  export default checked`

/** Of every command that reads the configuration, and of `init`, which has no `--config`. */
const CONFIGS: Cases = {
  'no JavaScript': withConfig('export default {', /^onecount\.config\.mjs cannot be read: Unexpected/),
  'no export': withConfig('const a = 1', /^onecount\.config\.mjs exports nothing: export default/),
  'an export that is no object': withConfig('export default 1', /^onecount\.config\.mjs exports nothing/),
  'a list': withConfig('export default []', /^onecount\.config\.mjs: .*object/),
  'a module that throws': withConfig(
    `throw new Error('no luck')`,
    /^onecount\.config\.mjs cannot be read: no luck$/,
  ),
  'a module that is missing': withConfig(
    `import './gone.mjs'`,
    /^onecount\.config\.mjs cannot be read: Cannot find module .*gone\.mjs/,
  ),
  'an unknown field': withConfig('export default { kind: {} }', /^onecount\.config\.mjs: kind: .*kinds/),
  'an unknown field of a kind': withConfig(
    GOOD.replace('rows:', 'privat: true, rows:'),
    /^onecount\.config\.mjs: kinds\.like\.privat: /,
  ),
  'a field of a wrong type': withConfig(GOOD.replace(`'uuid'`, '7'), /: kinds\.like\.target\.id: .*uuid/),
  'a table that is no text': withConfig(GOOD.replace(`'b'`, '{}'), /: kinds\.like\.rows\.table: /),
  'a kind that is null': withConfig('export default { kinds: { like: null } }', /: kinds\.like: /),
  'a checked kind that has one field more': withConfig(
    changed('like.private = true'),
    /^onecount\.config\.mjs: kinds\.like\.private: is not what defineConfig answers: /,
  ),
  'a checked kind whose field was changed': withConfig(
    changed(`like.target.id = 'number'`),
    /: kinds\.like\.target\.id: must be uuid, bigint or text/,
  ),
  'a checked kind that would be the default one': withConfig(
    changed('like.isDefault = true'),
    /: kinds\.like\.isDefault: is not what defineConfig answers/,
  ),
  'a checked kind under the name of another': withConfig(
    changed('checked.kinds = { heart: like }'),
    /: kinds\.heart\.name: is not what defineConfig answers/,
  ),
  'checked kinds on one table': withConfig(
    changed(
      `checked.kinds.mark = { ...like, name: 'mark', keyPrefix: 'mark:', target: { ...like.target, count: null } }`,
    ),
    /: kinds\.mark\.rows\.table: is the kind like's too/,
  ),
  'a field beside checked kinds': withConfig(
    changed(`checked.keyPrefix = 'app:'`),
    /^onecount\.config\.mjs: keyPrefix: is not what defineConfig answers/,
  ),
  'no kind': withConfig('export default { kinds: {} }', /: kinds: must name a kind/),
}

/** Of every command that takes `--config` and `--kind`. */
const KINDS: Cases = {
  'a configuration that is not there': {
    args: ['--config', 'none.ts'],
    says: /^none\.ts is not there: name your configuration with --config$/,
  },
  'a folder': { args: ['--config', '.'], says: /^\. is a folder: name your configuration with --config$/ },
  'a kind that is not there': {
    args: ['--kind', 'nope'],
    says: /^There is no kind nope: the configuration has like$/,
  },
  'a kind that every object has': { args: ['--kind', 'toString'], says: /^There is no kind toString/ },
}

/** Of every command that uses the stores. */
const SETTINGS: Cases = {
  'no address of Redis': { env: { REDIS_URL: '' }, says: /^REDIS_URL is not set although DATABASE_URL is: / },
  'no database': {
    env: { DATABASE_URL: '' },
    says: /^SUPABASE_URL is not set although REDIS_URL is: .*DATABASE_URL/,
  },
  'a project without a key': {
    env: { DATABASE_URL: '', SUPABASE_URL: 'https://a.test' },
    says: /^SUPABASE_SECRET_KEY is not set although REDIS_URL, SUPABASE_URL are: /,
  },
  'an unknown word in ONECOUNT_LIKERS': {
    env: { ONECOUNT_LIKERS: 'maybe' },
    says: /^ONECOUNT_LIKERS=maybe is not understood: use off/,
  },
  'an unknown word in REDIS_CLUSTER': {
    env: { REDIS_CLUSTER: 'yes' },
    says: /^REDIS_CLUSTER=yes is not understood: /,
  },
  'an address of another store': {
    env: { DATABASE_URL: 'mysql://me:secret@127.0.0.1/a' },
    says: /^DATABASE_URL cannot be read: write postgres:\/\//,
  },
  'partitions that are no number': {
    env: { ONECOUNT_PARTITIONS: 'many' },
    says: /^ONECOUNT_PARTITIONS many is no number of partitions: use that of the application, 1 to \d+$/,
  },
}
const PARTITIONS: Cases = Object.fromEntries(
  ['0', '1.5', '1000000', 'x'].map(text => [
    `--partitions ${text}`,
    {
      args: ['--partitions', text],
      says: new RegExp(`^--partitions ${text} is no number of partitions: use`),
    },
  ]),
)
const AWAY: Cases = {
  'stores that are away': {
    says: /^(Redis|Postgres) does not answer \(.*ECONNREFUSED.*\): see that it runs, and/,
  },
}
const SELECTION: Cases = {
  'an id that is none': { args: ['--post', 'x'], says: /^--post x is no post id: use a UUID/ },
  'a place that is no id': { args: ['--after', '1'], says: /^--after 1 is no post id: use a UUID/ },
  'a sample of none': {
    args: ['--sample', '0'],
    says: /^--sample 0 is no number of posts: use a whole number/,
  },
  'a sample of a part': { args: ['--sample', '1.5'], says: /^--sample 1\.5 is no number of posts: / },
  'two choices': {
    args: ['--sample', '3', '--post', '50050001-aaaa-bbbb-cccc-ddddeeee0001'],
    says: /^--post, --sample and --after do not go together: use one of them$/,
  },
}
const pages = (words: RegExp): Cases =>
  Object.fromEntries(
    ['0', '-1', 'many', '1.5', '99999'].map(text => [
      `--page-size ${text}`,
      { args: [`--page-size=${text}`], says: words },
    ]),
  )

const STORE: Cases = { ...USAGE, ...CONFIG_OPTIONS, ...KINDS, ...SETTINGS, ...PARTITIONS }
const ONE_KIND: Cases = {
  'no choice between kinds': withConfig(
    `export default { kinds: {
      like: { target: { table: 'a', id: 'uuid' }, rows: { table: 'b', target: 'c', actor: 'd' } },
      mark: { target: { table: 'e', id: 'uuid' }, rows: { table: 'f', target: 'g', actor: 'h' } } } }`,
    /^The configuration has the kinds like, mark: choose one with --kind$/,
  ),
}

/** Of the commands that stay. */
const METRICS: Cases = {
  ...Object.fromEntries(
    ['x', '70000', '-1', '1.5'].map(text => [
      `--metrics ${text}`,
      {
        args: [`--metrics=${text}`],
        says: new RegExp(`^--metrics ${text} is no port: use a number from 0 to 65535$`),
      },
    ]),
  ),
  'metrics for other machines without a secret': {
    args: ['--metrics', '0', '--metrics-host', '0.0.0.0'],
    says: /^--metrics-host 0\.0\.0\.0 opens the metrics to other machines: set ONECOUNT_METRICS_SECRET/,
  },
  'a secret of metrics that is too short': {
    args: ['--metrics', '0'],
    env: { ONECOUNT_METRICS_SECRET: 'short' },
    says: /ONECOUNT_METRICS_SECRET needs 16 characters or more/,
  },
  'an address of no metrics': {
    args: ['--metrics-host', '127.0.0.1'],
    says: /^--metrics-host without --metrics: name the port too$/,
  },
}

const COMMANDS: Record<string, Cases> = {
  init: {
    ...USAGE,
    ...POSITIONAL,
    'no value': { args: ['--rows'], says: /^--rows has no value: give it one$/ },
    'an empty value': { args: ['--migrations', ''], says: /^--migrations is empty: / },
    'an option twice': {
      args: ['--rows', 'a', '--rows', 'b'],
      says: /^--rows is given twice: give it once$/,
    },
    'no application': { args: ['--dry-run'], says: /^package\.json is not here: run this in the folder of/ },
    'a package.json that is none': {
      files: { 'package.json': '{' },
      says: /^package\.json cannot be read \(.*\): it must be JSON$/,
    },
    'no Next.js': { files: { 'package.json': '{}' }, says: /^next is not in package\.json: run this in/ },
    'no app folder': {
      files: { 'package.json': '{"dependencies":{"next":"16"}}' },
      says: /^there is no app folder: /,
    },
    ...ofApplication({
      'an address of no database': {
        args: ['--database-url', 'x'],
        says: /^DATABASE_URL cannot be read: write/,
      },
      'a database that is away': {
        args: ['--database-url', STORES.DATABASE_URL],
        says: /^Postgres does not answer/,
      },
      'a folder of the system': {
        args: ['--migrations', '/tmp'],
        says: /^--migrations \/tmp cannot be used: name a folder/,
      },
      'nothing to begin with': {
        env: { DATABASE_URL: '' },
        says: /^DATABASE_URL is not set, so the tables cannot .*--target/,
      },
      ...CONFIGS,
    }),
  },
  migration: {
    ...USAGE,
    ...POSITIONAL,
    ...CONFIG_OPTIONS,
    ...KINDS,
    ...CONFIGS,
    'a shadow of no table': { args: ['--shadow'], says: /^--shadow is for kinds on tables of your own: / },
  },
  uninstall: { ...USAGE, ...POSITIONAL, ...CONFIG_OPTIONS, ...KINDS, ...CONFIGS },
  backfill: {
    ...STORE,
    ...POSITIONAL,
    ...AWAY,
    ...pages(/^--page-size \S+ is no page size: use a whole number from 1 to/),
  },
  worker: {
    ...STORE,
    ...POSITIONAL,
    ...AWAY,
    'a pause of nothing': {
      args: ['--every', '0'],
      says: /^--every 0 is no pause: use milliseconds from 10 to 60000$/,
    },
    'a pause in words': { args: ['--every', '1s'], says: /^--every 1s is no pause: / },
    ...METRICS,
    'metrics of a worker that ends': {
      args: ['--metrics', '0', '--once'],
      says: /^--metrics with --once: it ends before they are read; leave one of them out$/,
    },
  },
  serve: {
    ...STORE,
    ...POSITIONAL,
    'a port that is none': {
      args: ['--port', '70000'],
      says: /^--port 70000 is not understood: use a number from 0/,
    },
    'PORT that is none': { env: { PORT: 'x' }, says: /^PORT x is not understood: / },
    'no process': {
      args: ['--processes', '0'],
      says: /^--processes 0 is not understood: use a number from 1/,
    },
    'an origin of all': { args: ['--origin', '*'], says: /^--origin \* is no origin: name each site/ },
    'a path that is none': {
      args: ['--base-path', 'api'],
      says: /^--base-path api is no path: begin with a slash/,
    },
    'a server on which no session could like': {
      args: ['--no-anonymous'],
      says: /^--no-anonymous without --jwks: /,
    },
    'an issuer of no keys': { args: ['--issuer', 'a'], says: /^--issuer without --jwks: name the address/ },
    'no secret': { env: { ONECOUNT_SECRET: '' }, says: /ONECOUNT_SECRET/ },
    ...METRICS,
    'metrics of a network that is not here': {
      args: ['--metrics', '0', '--metrics-host', '192.0.2.1', '--port', '0'],
      env: { ONECOUNT_METRICS_SECRET: 'x'.repeat(16) },
      says: /^--metrics-host 192\.0\.2\.1 is no address of this machine: use/,
    },
    'metrics with no port for each process': {
      args: ['--metrics', '65535', '--processes', '2'],
      says: /^--metrics 65535 leaves no port for each of 2 processes: use a lower one$/,
    },
    'a network that is not here': {
      args: ['--host', '192.0.2.1', '--port', '0'],
      says: /^--host 192\.0\.2\.1 is no address of this machine: use/,
    },
  },
  verify: { ...STORE, ...POSITIONAL, ...AWAY, ...SELECTION, ...ONE_KIND },
  reconcile: {
    ...STORE,
    ...POSITIONAL,
    ...AWAY,
    ...SELECTION,
    ...ONE_KIND,
    'another store': { args: ['--from', 'mysql'], says: /^--from mysql is no store: use redis or postgres$/ },
  },
  repair: {
    ...STORE,
    ...POSITIONAL,
    ...AWAY,
    ...ONE_KIND,
    ...pages(/^--page-size \S+ is not a whole number from 1 to 5000/),
  },
  doctor: {
    ...USAGE,
    ...CONFIG_OPTIONS,
    ...POSITIONAL,
    ...PARTITIONS,
    'a kind that is not there': {
      args: ['--kind', 'nope'],
      says: /^There is no kind nope: the configuration has like$/,
    },
  },
  refused: {
    ...STORE,
    ...POSITIONAL,
    ...AWAY,
    ...ONE_KIND,
    'two things at once': { args: ['--retry', '--drop'], says: /^--retry or --drop: choose one of them$/ },
    'an id that is none': { args: ['--post', 'x'], says: /^--post x is no id of a post: use its UUID$/ },
    'a session that is none': {
      args: ['--session', 'a|b'],
      says: /^--session a\|b is no id of a session: use one/,
    },
  },
  moderate: {
    ...withFirst(['remove-session', 'ana'], { ...STORE, ...AWAY, ...ONE_KIND }),
    nothing: { says: /^Say what to do: remove-session, merge-sessions, remove-post$/ },
    'an unknown action': { args: ['ban', 'ana'], says: /^There is no action ban: use remove-session, / },
    'an action of every object': { args: ['toString'], says: /^There is no action toString/ },
    'no id': { args: ['remove-post'], says: /^remove-post takes one id, not 0$/ },
    'too many ids': {
      args: ['merge-sessions', 'a', 'b', 'c'],
      says: /^merge-sessions takes two ids, not 3$/,
    },
    'a post that is none': {
      args: ['remove-post', 'x'],
      says: /^remove-post x: this is no id of a post: use a UUID/,
    },
    'a session that is none': {
      args: ['remove-session', 'a|b'],
      says: /^remove-session a\|b: this is no id of a/,
    },
    'an empty session': { args: ['remove-session', ''], says: /this is no id of a session/ },
  },
  partitions: {
    ...STORE,
    ...Object.fromEntries(
      Object.keys(PARTITIONS).map(name => [
        name,
        { args: name.split(' '), says: /^Unknown option '--partitions'$/ },
      ]),
    ),
    ...AWAY,
    ...ONE_KIND,
    ...Object.fromEntries(
      ['0', 'x', '1.5', '1000000'].map(text => [
        text,
        { args: [text], says: new RegExp(`^partitions ${text} is no number of partitions: use`) },
      ]),
    ),
    'two numbers': { args: ['1', '2'], says: /^partitions takes one number, not 2$/ },
    'a number below zero': { args: ['-1'], says: /^Unknown option '-1'$/ },
  },
  takeover: { ...STORE, ...POSITIONAL, ...AWAY, ...ONE_KIND },
}

function ofApplication(cases: Cases): Cases {
  const files = { 'package.json': '{"dependencies":{"next":"16.4.5"}}', 'app/layout.jsx': '' }
  return Object.fromEntries(
    Object.entries(cases).map(([name, of]) => [name, { ...of, files: { ...files, ...of.files } }]),
  )
}

function withFirst(first: string[], cases: Cases): Cases {
  return Object.fromEntries(
    Object.entries(cases).map(([name, of]) => [name, { ...of, args: [...first, ...(of.args ?? [])] }]),
  )
}

let root: string
let folders = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'onecount-bad-'))
})
afterAll(() => rm(root, { recursive: true }))

async function folderWith(files: Record<string, string> = {}): Promise<string> {
  const folder = join(root, String(folders++))
  await mkdir(folder)
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

const environment = (env: Record<string, string> = {}) => ({
  NODE_ENV: 'test' as const,
  PATH: process.env.PATH,
  ...STORES,
  ...SECRET,
  ...env,
})

/** A process of its own, as a shell starts it. */
function start(args: string[], cwd: string, env?: Record<string, string>) {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd,
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = outputOf(child)
  const ended = new Promise<{ code: number | null; signal: string | null; out: string; err: string }>(
    resolve => child.on('close', (code, signal) => resolve({ code, signal, ...output })),
  )
  return { child, ended }
}

interface Answer {
  code: number
  out: string
  err: string
}

/** Takes one call after the other. */
function startRunner() {
  // A listener that a call leaves behind would be warned of: a process of its own ends with its call.
  const child = spawn(process.execPath, ['--no-warnings', RUNNER], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async run(call: { args: string[]; cwd: string; env: Record<string, string | undefined> }) {
      child.stdin.write(`${JSON.stringify(call)}\n`)
      const { value, done } = await lines.next()
      if (done) throw new Error(`${call.args.join(' ')} ended the process`)
      return JSON.parse(value) as Answer
    },
    stop: () => child.kill(),
  }
}
type Runner = ReturnType<typeof startRunner>

/** As many as there are processors. */
let runners: Runner[]
beforeAll(() => {
  runners = Array.from({ length: availableParallelism() }, startRunner)
})
afterAll(() => {
  for (const runner of runners) runner.stop()
})

/** Runs a case in a folder of its own. Answers what differs from the expected outcome. */
async function faultsOf(runner: Runner, { args, env, files, says, code = 2 }: Case): Promise<string[]> {
  const cwd = await folderWith(files)
  const before = await readdir(cwd, { recursive: true })
  const { code: actual, out, err } = await runner.run({ args, cwd, env: environment(env) })
  const [message = '', gap, hint, ...more] = err.trimEnd().split('\n')
  const faults: string[] = []
  if (actual !== code) faults.push(`exit code ${actual}`)
  if (!says.test(message)) faults.push(`says: ${message}`)
  if (out !== '') faults.push(`prints: ${out.slice(0, 200)}`)
  if (/^ +at /m.test(err) || more.length > 0) faults.push(`says too much: ${err}`)
  if (gap !== undefined && (gap !== '' || !hint?.endsWith('--help says what it takes.')))
    faults.push(`goes on with: ${gap} ${hint}`)
  if (/secret@|:secret/.test(err)) faults.push('tells a password')
  if (`${await readdir(cwd, { recursive: true })}` !== `${before}`) faults.push('has written')
  return faults.map(fault => `${args.join(' ')}: ${fault}`)
}

async function runAll(cases: Case[]): Promise<string[]> {
  const faults: string[] = []
  const left = cases.values()
  const runWith = async (runner: Runner) => {
    for (const one of left) faults.push(...(await faultsOf(runner, one)))
  }
  await Promise.all(runners.map(runWith))
  return faults
}

describe('wrong input of npx onecount', () => {
  it('is tried with every command', async () => {
    const { ended } = start(['--help'], root)
    const names = [...(await ended).out.matchAll(/^ {2}(?!npx)(\w+) +\S/gm)].map(([, name]) => name)
    expect(Object.keys(COMMANDS).sort()).toEqual(names.sort())
  })

  it.each(Object.entries(COMMANDS))('%s', async (command, cases) => {
    const all = Object.values(cases).map(of => ({ ...of, args: [command, ...(of.args ?? [])] }))
    expect(all.length).toBeGreaterThanOrEqual(command === 'doctor' ? 14 : 20)
    expect(await runAll(all)).toEqual([])
  })

  it.each([[[]], [['fly']], [['toString']], [['--nope']], [['']]])('%j is no command', async args => {
    const { code, out, err } = await start(args, root).ended
    expect(code).toBe(2)
    expect(out + err).toContain('npx onecount <command> [options]')
  })
})

/** Arguments that a command needs beside its options. */
const NEEDED: Record<string, string[]> = { moderate: ['remove-session', 'ana'] }
const WITH_JSON = Object.keys(COMMANDS).filter(name => !['migration', 'uninstall', 'worker'].includes(name))

describe('npx onecount, as a process', () => {
  it.each(WITH_JSON)(
    '%s --json prints one object with the error, and the message on stderr',
    async command => {
      const { code, out, err } = await start([command, '--json', '--nope'], root).ended
      expect({ code, out: JSON.parse(out) }).toEqual({
        code: 2,
        out: {
          error: `Unknown option '--nope'`,
          code: 'usage',
          setting: '--nope',
          fix: `see npx onecount ${command} --help`,
        },
      })
      expect(err).toBe(`Unknown option '--nope'\n\nnpx onecount ${command} --help says what it takes.\n`)
    },
  )

  it.each(WITH_JSON.filter(name => !['init', 'serve', 'doctor'].includes(name)))(
    '%s --json prints one object where a store is away',
    async command => {
      const { code, out, err } = await start([command, ...(NEEDED[command] ?? []), '--json'], root).ended
      expect(code).toBe(2)
      const { error, ...rest } = JSON.parse(out)
      expect(err).toBe(`${error}\n`)
      expect(err).toContain('ECONNREFUSED')
      expect(rest).toEqual({
        code: 'unreachable',
        setting: expect.stringMatching(/^(REDIS|DATABASE)_URL$/),
        fix: expect.stringContaining('see that it runs'),
      })
    },
  )

  it('doctor --json tells of a store that is away as a finding', async () => {
    const { code, out, err } = await start(['doctor', '--json'], root).ended
    expect({ code, err }).toEqual({ code: 1, err: '' })
    expect(JSON.parse(out).failed).toBeGreaterThan(1)
  })

  it.each(['migration', 'uninstall', 'migration --help', '--help'])(
    '%s into a pipe that is closed early ends in silence',
    async command => {
      const line = `"$0" "$1" ${command} | head -n 1; echo "\${PIPESTATUS[0]}"`
      const { stdout, stderr } = await promisify(execFile)(
        'bash',
        ['--norc', '-c', line, process.execPath, BIN],
        {
          cwd: root,
          env: environment(),
        },
      )
      expect(stderr).toBe('')
      expect(stdout.trimEnd().split('\n')).toEqual([expect.any(String), '0'])
    },
  )

  it.each(Object.keys(COMMANDS).filter(name => !['init', 'migration', 'uninstall', 'serve'].includes(name)))(
    '%s ends with Ctrl-C while a store does not answer',
    async command => {
      const silent = createServer()
      silent.listen(0, '127.0.0.1')
      await once(silent, 'listening')
      const { port } = silent.address() as AddressInfo
      const { child, ended } = start([command, ...(NEEDED[command] ?? [])], root, {
        REDIS_URL: `redis://127.0.0.1:${port}`,
        DATABASE_URL: `postgres://me@127.0.0.1:${port}/none`,
      })
      const [socket] = await once(silent, 'connection')
      child.kill('SIGINT')
      const { code, signal, out } = await ended
      expect(signal === 'SIGINT' || code === 130).toBe(true)
      expect(out).toBe('')
      socket.destroy()
      silent.close()
    },
  )
})
