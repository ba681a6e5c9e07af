import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '@onecount/dev-stack/free-port'
import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installPacked, REPOSITORY } from './package/packed'

/** The port of the page, which may be another process' here. */
const PORT = '3100'

interface Block {
  language: string
  code: string
}

const blocksOf = (text: string): Block[] =>
  [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, code]) => ({
    language: language!,
    code: code!,
  }))

/** Times and ops are others with each run. */
const withoutTimes = (text: string): string => text.replace(/\b\d{16}\b/g, '0')

const lastLines = (text: string, count: number): string[] => text.trimEnd().split('\n').slice(-count)

describe('docs/getting-started.md', () => {
  let app: Awaited<ReturnType<typeof installPacked>>
  let env: Record<string, string | undefined>
  const ends: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    const [redis, server] = await Promise.all([startRedisServer(), startPostgresServer({ fsync: false })])
    ends.push(
      () => redis.kill(),
      () => server.stop(),
    )
    app = await installPacked(['ioredis', 'postgres'])
    ends.push(() => app.remove())
    env = {
      PATH: process.env.PATH,
      HOME: app.root,
      REDIS_URL: redis.url,
      DATABASE_URL: await server.createDatabase('getting_started'),
      PORT: String(await freePort()),
    }
  })
  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  })

  const ours = (command: string) =>
    command.replaceAll(PORT, env.PORT!).replaceAll('npx onecount', `node ${app.installed}/bin/onecount.mjs`)
  const inApp = () => ({ cwd: app.root, env: env as NodeJS.ProcessEnv })

  /** Answers what a block prints. What it exports, the blocks after it have too. */
  async function shell(command: string): Promise<string> {
    const script = `set -euo pipefail\n${ours(command)}\nprintf '\\n<%s>' "\${ONECOUNT_SECRET:-}"`
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { ...inApp(), timeout: 120_000 })
    const [, printed, secret] = /^([\s\S]*)\n<(.*)>$/.exec(stdout)!
    env.ONECOUNT_SECRET = secret
    return printed!
  }

  async function serve(command: string): Promise<void> {
    const child = spawn('bash', ['-c', `exec ${ours(command)}`], inApp())
    const exited = once(child, 'exit')
    ends.push(async () => {
      child.kill('SIGTERM')
      await exited
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', data => {
        said += data
      })
    await expect.poll(() => said).toContain(`listening on http://127.0.0.1:${env.PORT}/api`)
  }

  it('does what it says, and answers what it shows', async () => {
    const blocks = blocksOf(await readFile(join(REPOSITORY, 'docs/getting-started.md'), 'utf8'))
    const compared: string[] = []
    let printed = ''
    for (const { language, code } of blocks) {
      // What would be published is installed.
      const command = code.replace(/^npm install .*\n/m, '').trim()
      if (language === 'sh' && command.startsWith('npx onecount serve')) await serve(command)
      else if (language === 'sh') printed = await shell(command)
      else if (language === 'json')
        expect(JSON.parse(withoutTimes(printed))).toEqual(JSON.parse(withoutTimes(code)))
      else if (language === 'text') {
        const expected = code.trimEnd().split('\n')
        expect(lastLines(printed, expected.length)).toEqual(expected)
      }
      compared.push(language)
    }
    expect(compared.filter(language => language !== 'sh')).toEqual(['console', 'json', 'text', 'html'])
  })
})
