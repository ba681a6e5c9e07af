import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '@onecount/dev-stack/free-port'
import { isLoopback } from '@onecount/dev-stack/loopback'
import { expect, test } from '@playwright/test'
import { listeningSockets, treeOf } from './support/listening-sockets'
import { type LocalStack, type LocalStackOptions, openVisitor, startLocalStack } from './support/local-stack'
import { BEAR, WHALE } from './support/views'

/** What Next says of a disk that others keep busy is no trouble of this application. */
const TROUBLE =
  /^(?!⚠ Slow filesystem detected).*(\[onecount\]|warn|error|unreachable|lost|fail|⚠|⨯|EADDR|has ended)/i

// Each starts programs that compile and fill a database.
test.setTimeout(240_000)

const stacks: LocalStack[] = []
const start = async (options: LocalStackOptions) => {
  const stack = await startLocalStack(options)
  stacks.push(stack)
  return stack
}
test.afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.stop()
})

const open = (stack: LocalStack) =>
  listeningSockets(stack.pid).filter(
    ({ address }) => !isLoopback(address.includes(':') ? `[${address}]` : address),
  )

for (const mode of ['dev', 'start'] as const) {
  for (const withRedisServer of [true, false]) {
    const redis = withRedisServer ? 'redis-server' : 'the JavaScript Redis'
    test(`a first ${mode} with ${redis} is quiet, and nothing of it can be reached from outside`, async () => {
      const stack = await start({ mode, withRedisServer })
      const visitor = await openVisitor(stack.stores.appUrl)
      expect((await visitor.press(BEAR, true)).count).toBe(447)
      for (const path of ['/', '/rank', '/profile/lucia_nature', `/post/${BEAR}`])
        expect(await visitor.view(path)).toBe(200)
      await visitor.press(WHALE, true)
      await expect
        .poll(async () => {
          const { status, pending, unseen, lastDrainAt } = await visitor.health()
          return { status, pending, unseen, hasDrained: lastDrainAt !== null }
        })
        .toEqual({ status: 'ok', pending: 0, unseen: 0, hasDrained: true })
      expect(listeningSockets(stack.pid).length).toBeGreaterThanOrEqual(3)
      expect(open(stack)).toEqual([])
      expect(await stack.stop()).toBe(0)
      stacks.pop()
      expect(
        stack
          .log()
          .split('\n')
          .filter(line => TROUBLE.test(line)),
      ).toEqual([])
    })
  }
}

test('--host opens the application to other machines, and nothing else', async () => {
  const stack = await start({
    mode: 'start',
    args: ['--port', '0', '--host', '0.0.0.0'],
    withRedisServer: false,
  })
  expect(open(stack).map(({ port }) => String(port))).toEqual([new URL(stack.stores.appUrl).port])
  expect(stack.log()).toContain('open to other machines')
})

test('a page of the application may press at each of its addresses', async () => {
  const stack = await start({ mode: 'start' })
  const { port } = new URL(stack.stores.appUrl)
  for (const appUrl of [`http://localhost:${port}`, `http://127.0.0.1:${port}`]) {
    const visitor = await openVisitor(appUrl)
    expect((await visitor.press(WHALE, true)).liked).toBe(true)
  }
})

test('Redis goes away and comes back, by command and by a crash: the application goes on', async () => {
  const stack = await start({ mode: 'start' })
  const visitor = await openVisitor(stack.stores.appUrl)
  expect(await visitor.press(BEAR, true)).toMatchObject({ count: 447, source: 'redis' })

  expect(await stack.command('stop', 'redis')).toContain('Redis is stopped: the application goes on')
  expect(await stack.command('status')).toBe('supabase: running\nredis: stopped')
  expect(await visitor.press(WHALE, true)).toMatchObject({ liked: true, source: 'postgres' })
  expect(await stack.command('start', 'redis')).toBe('Redis runs.')
  await expect.poll(async () => (await visitor.press(WHALE, true)).source).toBe('redis')

  const { port } = new URL(stack.stores.redisUrl)
  const redis = listeningSockets(stack.pid).find(socket => socket.port === Number(port))!
  process.kill(redis.pid, 'SIGKILL')
  await expect
    .poll(() => stack.log())
    .toContain('Redis has ended (killed): the application goes on with Postgres')
  expect(await visitor.press(BEAR, false)).toMatchObject({ count: 446, source: 'postgres' })
  await stack.command('start', 'redis')
  await expect.poll(async () => (await visitor.press(BEAR, true)).source).toBe('redis')
  await expect.poll(async () => (await visitor.health()).status).toBe('ok')
  expect(await visitor.press(BEAR, true)).toMatchObject({ count: 447 })
})

test('Supabase goes away and comes back: the application goes on, and the likes reach it afterwards', async () => {
  const stack = await start({ mode: 'start', withRedisServer: false })
  const visitor = await openVisitor(stack.stores.appUrl)
  expect(await visitor.press(BEAR, true)).toMatchObject({ count: 447 })
  await stack.command('stop', 'supabase')
  expect(await visitor.press(BEAR, false)).toMatchObject({ count: 446, source: 'redis' })
  await expect.poll(async () => (await visitor.health()).postgres).toBe('down')
  await stack.command('start', 'supabase')
  await expect.poll(async () => (await visitor.health()).pending).toBe(0)
  const rows = await fetch(`${stack.stores.supabaseUrl}/rest/v1/posts_new?select=likes&id=eq.${BEAR}`, {
    headers: { apikey: stack.stores.publishableKey, origin: stack.stores.appUrl },
  })
  expect(await rows.json()).toEqual([{ likes: 446 }])
})

test('a command that cannot be carried out says why', async () => {
  const stack = await start({ mode: 'start' })
  await expect(stack.command('stop', 'postgres')).rejects.toThrow(
    'postgres does not run here: this stack has started supabase, redis',
  )
  await expect(stack.command('restart', 'redis')).rejects.toThrow('restart is no command')
})

test('two stacks that start at once share no port', async () => {
  const port = String(await freePort())
  const both = await Promise.all([0, 1].map(() => start({ mode: 'start', args: ['--port', port] })))
  const ports = both.map(({ stores }) =>
    [stores.appUrl, stores.supabaseUrl, stores.redisUrl].map(url => new URL(url).port),
  )
  expect(new Set(ports.flat()).size).toBe(6)
  for (const stack of both) {
    const own = new Set(listeningSockets(stack.pid).map(socket => String(socket.port)))
    for (const url of [stack.stores.appUrl, stack.stores.supabaseUrl, stack.stores.redisUrl])
      expect(own).toContain(new URL(url).port)
  }
})

test('the data folder and the keys in it are their owner’s alone, and all ends with the stack', async () => {
  const stack = await start({ mode: 'start' })
  const modeOf = async (path: string) => ((await stat(join(stack.dataDir, path))).mode & 0o777).toString(8)
  for (const folder of ['.', 'supabase', 'supabase/pglite', 'redis'])
    expect([folder, await modeOf(folder)]).toEqual([folder, '700'])
  for (const file of [
    'dev.json',
    'secret',
    'supabase/secret-key',
    'supabase/publishable-key',
    'redis/password',
    'redis/redis.conf',
  ])
    expect([file, await modeOf(file)]).toEqual([file, '600'])
  expect(stack.log()).not.toContain(stack.stores.secretKey)
  expect(stack.log()).not.toContain(new URL(stack.stores.redisUrl).password)
  const tree = treeOf(stack.pid)
  process.kill(stack.pid, 'SIGTERM')
  await expect
    .poll(async () => (await readdir('/proc')).filter(pid => tree.includes(Number(pid))))
    .toEqual([])
  expect(await readdir(stack.dataDir)).not.toContain('dev.json')
  expect(await readdir(stack.dataDir)).not.toContain('control')
})
