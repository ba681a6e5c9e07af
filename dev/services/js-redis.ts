import { join } from 'node:path'
import { type Running, run, until } from './process'

/** A Redis written in JavaScript, for machines without one: to try things out, slow on large sets, keeps nothing. */
export async function startJsRedis(): Promise<Running & { url: string }> {
  const server = run(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, '../redis/process.ts')],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
  let url = ''
  server.child.once('message', message => {
    url = String(message)
  })
  await until('the JavaScript Redis', server, async () => url !== '')
  return { ...server, url }
}
