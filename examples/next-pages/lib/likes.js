import { createOnecount } from 'onecount'
import { createHandler, createLimiter, createPages, nodeListener, startDrain } from 'onecount/http'
import { redisFromEnv } from 'onecount/ioredis'
import { postgresJsPort } from 'onecount/postgres'
import { sql } from './posts'

function open() {
  const { port: redis } = redisFromEnv(process.env)
  const engine = createOnecount({ redis, postgres: postgresJsPort(sql()) })
  const options = { service: engine, secret: process.env.ONECOUNT_SECRET, limiter: createLimiter() }
  startDrain(engine)
  return { listener: nodeListener(createHandler(options)), openPage: createPages(options) }
}

/** Opened with the first use, as a build imports this file too; once a process, as Next has it in several bundles. */
export const likes = () => (globalThis.likes ??= open())
