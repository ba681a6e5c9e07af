import { createOnecount } from 'onecount'
import { connectPostgresJs } from 'onecount/postgres'
import { redisFromEnv } from 'onecount/redis'
import postgres from 'postgres'

// The drain in a process of its own, straight to Postgres, as `npx onecount worker` does it on a single Redis.
const { REDIS_URL, DATABASE_URL, PARTITIONS } = process.env as Record<string, string>
const open = () => postgres(DATABASE_URL!, { max: 4, onnotice() {}, prepare: false, fetch_types: false })
createOnecount({
  redis: redisFromEnv({ REDIS_URL })!.port,
  postgres: connectPostgresJs(open).port,
  partitions: Number(PARTITIONS),
  drain: { idleMs: 50 },
  log: { warn: line => console.error(line) },
}).drainer.start()
