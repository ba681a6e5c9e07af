import { createOnecount } from 'onecount'
import { createHandler, createLimiter, createPages, startDrain } from 'onecount/http'
import { redisFromEnv } from 'onecount/ioredis'
import { postgresJsPort } from 'onecount/postgres'
import { sql } from './posts.js'

function open() {
  const { port: redis, client } = redisFromEnv(process.env)
  const engine = createOnecount({ redis, postgres: postgresJsPort(sql()) })
  const options = { service: engine, secret: process.env.ONECOUNT_SECRET, limiter: createLimiter() }
  startDrain(engine, { close: () => Promise.all([client.quit(), sql().end()]) })
  return { handler: createHandler(options), openPage: createPages(options) }
}

let opened
/** Opened with the first use: a build imports this file too. */
export const likes = () => (opened ??= open())
