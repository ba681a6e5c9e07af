import { Redis } from 'ioredis'
import {
  createRedisCommandExecutor,
  RedisServerState,
  Resp2Server,
  resolveCompatibilityProfile,
} from 'js-redis-server/core'
import { SCRIPTS } from 'onecount/redis'
import { listenOnLoopback } from '../services/free-port'

/** What the parent hands over in ONECOUNT_REDIS, as JSON. */
export interface JsRedisSettings {
  /** 0: chosen by the system. */
  port: number
  password: string
}

/** The JavaScript Redis, in a process of its own, on loopback. It forgets everything when it ends. */
const { port: wanted, password } = JSON.parse(process.env.ONECOUNT_REDIS ?? '{}') as JsRedisSettings
const compatibility = resolveCompatibilityProfile()
const { server } = new Resp2Server({
  server: new RedisServerState({ compatibility, requirepass: password }),
  executor: createRedisCommandExecutor({ compatibility }),
})
const port = await listenOnLoopback(server, wanted, { exact: wanted !== 0 })
await warmUp()
process.send?.(port)

process.on('SIGTERM', () => process.exit(0))
// Ctrl-C goes to the whole group; the parent stops its parts in their order.
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit(0))

/** The first script starts the Lua engine, which takes longer than an application waits for an answer. */
async function warmUp(): Promise<void> {
  const client = new Redis({ host: '127.0.0.1', port, password })
  for (const { source } of Object.values(SCRIPTS)) await client.script('LOAD', source)
  await client.evalsha(SCRIPTS.status.sha1, 2, 'likes:pending', 'likes:recent', 1)
  client.disconnect()
}
