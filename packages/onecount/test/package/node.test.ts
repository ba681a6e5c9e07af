import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as onecount from 'onecount'
import * as client from 'onecount/client'
import * as element from 'onecount/element'
import * as elementBundle from 'onecount/element/bundle'
import * as elementServer from 'onecount/element/server'
import * as http from 'onecount/http'
import * as ioredisDrivers from 'onecount/ioredis'
import * as joseSessions from 'onecount/jose'
import * as metrics from 'onecount/metrics'
import * as next from 'onecount/next'
import * as postgresDrivers from 'onecount/postgres'
import * as react from 'onecount/react'
import * as realtime from 'onecount/react/realtime'
import * as summary from 'onecount/react/summary'
import * as reactSupabase from 'onecount/react/supabase'
import * as redisDrivers from 'onecount/redis'
import * as supabaseDriver from 'onecount/supabase'
import * as svelte from 'onecount/svelte'
import * as upstashDriver from 'onecount/upstash'
import * as vue from 'onecount/vue'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ended, type Installed, installPacked, PEERS, runIn, subpaths } from './packed'
import { NEEDS } from './peers'

const SOURCES: Record<string, object> = {
  onecount,
  'onecount/client': client,
  'onecount/element': element,
  'onecount/element/bundle': elementBundle,
  'onecount/element/server': elementServer,
  'onecount/http': http,
  'onecount/ioredis': ioredisDrivers,
  'onecount/next': next,
  'onecount/postgres': postgresDrivers,
  'onecount/react': react,
  'onecount/react/realtime': realtime,
  'onecount/react/summary': summary,
  'onecount/react/supabase': reactSupabase,
  'onecount/redis': redisDrivers,
  'onecount/supabase': supabaseDriver,
  'onecount/jose': joseSessions,
  'onecount/metrics': metrics,
  'onecount/svelte': svelte,
  'onecount/upstash': upstashDriver,
  'onecount/vue': vue,
}
/** Contract suites: they say what they test to the runner that imports them. */
const OF_A_RUNNER = ['onecount/testing']

let app: Installed
let bare: Installed
beforeAll(async () => {
  app = await installPacked(PEERS)
  bare = await installPacked([])
})
afterAll(() => Promise.all([app.remove(), bare.remove()]))

/** A program that goes on after its last line, because of a connection or a timer, fails by its deadline. */
const node = ({ root }: Installed, ...args: string[]): Promise<Ended> => runIn(root, process.execPath, args)
const cli = (where: Installed, ...args: string[]) =>
  node(where, 'node_modules/onecount/bin/onecount.mjs', ...args)

const PRINT_NAMES = 'console.log(JSON.stringify(Object.keys(found).sort()))'

describe('the packed package in plain Node', () => {
  it('is tested by every name that it exports', async () => {
    expect([...Object.keys(SOURCES), ...OF_A_RUNNER].sort()).toEqual((await subpaths()).sort())
  })

  it.each(Object.keys(SOURCES))(
    '%s is imported, does nothing, and has the names of its source',
    async path => {
      await app.write('import.js', `import * as found from '${path}'\n${PRINT_NAMES}`)
      const { code, out, err } = await node(app, 'import.js')
      expect({ code, err }).toEqual({ code: 0, err: '' })
      expect(JSON.parse(out)).toEqual(Object.keys(SOURCES[path]!).sort())
    },
  )

  it('is required by a CommonJS program', async () => {
    await app.write('require.cjs', `const found = require('onecount')\n${PRINT_NAMES}`)
    const { code, out } = await node(app, 'require.cjs')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual(Object.keys(onecount).sort())
  })

  it('has one engine, whichever entries are imported', async () => {
    await app.write(
      'errors.js',
      `import { OnecountError } from 'onecount'
       import { redisFromEnv } from 'onecount/ioredis'
       try { redisFromEnv({ REDIS_URL: 'redis://a,redis://b', REDIS_CLUSTER: '0' }) }
       catch (error) { console.log(error instanceof OnecountError, error.code) }`,
    )
    expect(await node(app, 'errors.js')).toEqual({ code: 0, out: 'true misconfigured\n', err: '' })
  })

  it('registers its contract suites with Vitest', async () => {
    await app.write(
      'driver.test.js',
      `import { redisContract } from 'onecount/testing'
       const start = () => Promise.reject(new Error('the tests are listed, not run'))
       redisContract('a driver', start, { maxmemory: false, replicaof: false, monitor: false })`,
    )
    const { code, out, err } = await node(app, 'node_modules/vitest/vitest.mjs', 'list', '--root', '.')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('driver.test.js > Redis contract: a driver >')
  })
})

/** What loads a peer with its first call in plain Node, by subpath, and a call of it. */
const LOADED_LATE: Record<string, string[]> = {
  'onecount/ioredis': [
    `createRedisClient('redis://127.0.0.1')`,
    `createRedisCluster(['redis://127.0.0.1'])`,
    `redisFromEnv({ REDIS_URL: 'redis://127.0.0.1' })`,
    `redisFromEnv({ REDIS_URL: 'redis://127.0.0.1', REDIS_CLUSTER: '1' })`,
  ],
  'onecount/jose': [`tokenSession({ jwks: 'https://a.test/.well-known/jwks.json', audience: 'a' })`],
  'onecount/metrics': ['createMetrics()'],
  'onecount/redis': [`createRedisClient('redis://127.0.0.1')`],
  'onecount/supabase': [`supabaseFromEnv({ SUPABASE_URL: 'https://a.test', SUPABASE_SECRET_KEY: 'b' })`],
  'onecount/upstash': [
    `createUpstashClient({ url: 'https://a.test', token: 'b' })`,
    `upstashFromEnv({ UPSTASH_REDIS_REST_URL: 'https://a.test', UPSTASH_REDIS_REST_TOKEN: 'b' })`,
  ],
}

describe('without any peer', () => {
  const entries = Object.entries(NEEDS)
  const isLate = ([path, { peers }]: (typeof entries)[number]) => peers.length === 0 || LOADED_LATE[path]

  it.each(entries.filter(isLate))('%s is imported', async path => {
    await bare.write('import.js', `import '${path}'`)
    expect(await node(bare, 'import.js')).toEqual({ code: 0, out: '', err: '' })
  })

  it.each(Object.entries(LOADED_LATE).flatMap(([path, calls]) => calls.map(call => [path, call] as const)))(
    '%s: %s says what to install',
    async (path, call) => {
      const peer = NEEDS[path]!.peers[0]!
      await bare.write(
        'call.js',
        `import { ${call.split('(')[0]} } from '${path}'
         try { ${call} } catch ({ code, options }) { console.log(code, options.detail, options.cause.code) }`,
      )
      const detail = `${peer} is not installed: npm install ${peer}`
      expect(await node(bare, 'call.js')).toEqual({
        code: 0,
        out: `misconfigured ${detail} MODULE_NOT_FOUND\n`,
        err: '',
      })
    },
  )

  it('a call that is not caught ends the program with what to install', async () => {
    await bare.write('call.js', `import { redisFromEnv } from 'onecount/ioredis'\nredisFromEnv(process.env)`)
    await bare.write('run.js', `process.env.REDIS_URL = 'redis://127.0.0.1'\nawait import('./call.js')`)
    const { code, err } = await node(bare, 'run.js')
    expect(code).toBe(1)
    expect(err).toContain('(ioredis is not installed: npm install ioredis)')
  })

  it.each(entries.filter(entry => !isLate(entry)))(
    '%s names one that is missing',
    async (path, { peers }) => {
      await bare.write('import.js', `import '${path}'`)
      const { code, err } = await node(bare, 'import.js')
      expect(code).toBe(1)
      expect(peers).toContain(/Cannot find package '([^']+)'/.exec(err)?.[1])
    },
  )

  it('a peer whose own dependency is missing fails with the message of that', async () => {
    await bare.write('node_modules/ioredis/package.json', '{ "main": "index.js" }')
    await bare.write('node_modules/ioredis/index.js', `require('standard-as-callback')`)
    await bare.write('call.js', `import { createRedisClient } from 'onecount/ioredis'\ncreateRedisClient('')`)
    const { err } = await node(bare, 'call.js')
    await rm(join(bare.root, 'node_modules/ioredis'), { recursive: true })
    expect(err).toContain(`Cannot find module 'standard-as-callback'`)
    expect(err).not.toContain('npm install')
  })

  it('the command helps', async () => {
    const { code, out, err } = await cli(bare, '--help')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    for (const [, name] of out.matchAll(/^ {2}(\w+) {2,}/gm)) {
      const help = await cli(bare, name!, '--help')
      expect(help).toMatchObject({ code: 0, err: '' })
      expect(help.out).toContain(`npx onecount ${name}`)
    }
  })

  it('the command names its version', async () => {
    const { version } = JSON.parse(await readFile(join(bare.installed, 'package.json'), 'utf8'))
    expect(await cli(bare, '--version')).toEqual({ code: 0, out: `${version}\n`, err: '' })
  })

  it('the command says what it lacks in an empty folder: a setting first, then what its store needs', async () => {
    expect((await cli(bare, 'verify')).err).toContain('REDIS_URL')
    await bare.write('.env', 'REDIS_URL=redis://127.0.0.1:1\nDATABASE_URL=postgres://127.0.0.1:1/none\n')
    expect(await cli(bare, 'verify')).toEqual({
      code: 2,
      out: '',
      err: 'ioredis is not installed: npm install ioredis\n',
    })
    const doctor = await cli(bare, 'doctor')
    expect(doctor.code).toBe(1)
    expect(doctor.out).toContain('npm install ioredis')
    expect(doctor.out).toContain('npm install postgres')
  })
})
