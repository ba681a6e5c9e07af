import type { Redis } from 'ioredis'
import { checkClock, checkDistance, type Finding, fail, ok, skipped, warn } from './check'

/** How Redis runs and what it does with what it holds. */
export async function checkRedis(redis: Redis): Promise<Finding[]> {
  const info = parseInfo(await redis.info())
  return [
    checkVersion(info.redis_version ?? ''),
    checkRole(info),
    checkEviction(info),
    ...(await checkPersistence(redis, info)),
    await checkClock('Redis clock', async () => {
      const [seconds, micros] = await redis.time()
      return Number(seconds) * 1000 + Number(micros) / 1000
    }),
    await checkDistance('Redis distance', () => redis.ping(), SLOW_MS, NEARER),
  ]
}

const parseInfo = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split('\n')
      .map(line => line.trim().split(':'))
      .filter(parts => parts.length > 1)
      .map(([name, ...rest]) => [name, rest.join(':')]),
  )

const OLDEST = [6, 2]

function checkVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > OLDEST[0]! || (major === OLDEST[0] && minor >= OLDEST[1]!)
    ? ok('Redis version', version)
    : fail('Redis version', version, `use ${OLDEST.join('.')} or newer`)
}

function checkRole({ role, master_host: master }: Record<string, string>): Finding {
  if (role !== 'slave') return ok('Redis role', 'primary')
  return fail(
    'Redis role',
    `a replica of ${master}`,
    'point REDIS_URL at the primary: a replica takes no likes',
  )
}

function checkEviction({ maxmemory_policy: policy }: Record<string, string>): Finding {
  return policy === 'noeviction'
    ? ok('Redis eviction', 'noeviction')
    : fail(
        'Redis eviction',
        String(policy),
        'CONFIG SET maxmemory-policy noeviction: what waits for Postgres must not be evicted',
      )
}

async function checkPersistence(redis: Redis, info: Record<string, string>): Promise<Finding[]> {
  const name = 'Redis persistence'
  const aof = info.aof_enabled === '1'
  const save = await setting(redis, 'save')
  const fsync = await setting(redis, 'appendfsync')
  if (aof && fsync === 'always') return [ok(name, 'append-only file, every write')]
  if (aof)
    return [
      ok(
        name,
        `append-only file, ${fsync ?? 'unknown'}: a crash may lose two seconds of likes that were not drained`,
      ),
    ]
  if (save === undefined)
    return [
      skipped(name, 'CONFIG is not allowed', 'look at your provider: choose a plan that keeps data on disk'),
    ]
  const mend = 'CONFIG SET appendonly yes: a restart loses every like that was not drained'
  return [save === '' ? warn(name, 'none', mend) : warn(name, `snapshots only (save ${save})`, mend)]
}

async function setting(redis: Redis, name: string): Promise<string | undefined> {
  const reply = (await redis.config('GET', name).catch(() => [])) as string[]
  return reply[1]
}

const SLOW_MS = 5
const NEARER = 'run the application in the region of its Redis: a like is one round trip'
