import { createOnecount } from 'onecount'
import { createHandler, createLimiter, createPages, startDrain } from 'onecount/http'
import { redisFromEnv } from 'onecount/ioredis'
import { postgresJsPort } from 'onecount/postgres'
import { sql } from './posts.js'

const { port: redis } = redisFromEnv(process.env)
const engine = createOnecount({ redis, postgres: postgresJsPort(sql) })
const options = { service: engine, secret: process.env.ONECOUNT_SECRET, limiter: createLimiter() }

export const handler = createHandler(options)
export const openPage = createPages(options)
startDrain(engine)
