import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { JsRedisSettings } from '../redis/process'
import { type Running, run, until } from './process'

/**
 * A Redis written in JavaScript, for machines without one: to try things out, slow on large sets, keeps nothing.
 *
 * @param options what an earlier one had, to take its place
 */
export async function startJsRedis(
  options: Partial<JsRedisSettings> = {},
): Promise<Running & JsRedisSettings & { url: string }> {
  const { port: wanted = 0, password = randomBytes(16).toString('hex') } = options
  const settings: JsRedisSettings = { port: wanted, password }
  const server = run(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, '../redis/process.ts')],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ONECOUNT_REDIS: JSON.stringify(settings) },
    },
  )
  let port = 0
  server.child.once('message', message => {
    port = Number(message)
  })
  await until('the JavaScript Redis', server, async () => port !== 0)
  return { ...server, port, password, url: `redis://:${password}@127.0.0.1:${port}` }
}
