import type { Redis } from 'ioredis'
import { DEFAULT_KIND, type Kind } from '../../core/kind'
import { whyOf } from '../unreachable'
import { attempt, checkClock, checkDistance, type Finding, fail, ok, skipped, warn } from './check'
import { checkScripts, scriptsFix } from './scripts'

interface RedisChecks {
  /** Of a cluster, where a replica is as good as a primary. */
  isNode?: boolean
  /** Whose scripts have to run. */
  kinds?: readonly Kind[]
  partitions?: number
}

/** How Redis runs and what it does with what it holds. */
export async function checkRedis(
  redis: Redis,
  { isNode = false, kinds = [DEFAULT_KIND], partitions }: RedisChecks = {},
): Promise<Finding[]> {
  const checks: [name: string, look: () => Finding | Promise<Finding>, fix?: typeof fixOf][] = [
    ['Redis version', async () => checkVersion(await infoOf(redis))],
    ['Redis role', async () => checkRole(await infoOf(redis))],
    ['Redis scripts', () => checkScripts(redis, kinds, partitions), scriptsFix],
    ['Redis eviction', async () => checkEviction(await infoOf(redis))],
    ['Redis memory', async () => checkMemory(await infoOf(redis))],
    ['Redis persistence', async () => checkPersistence(redis, await infoOf(redis))],
    ['Redis clock', () => checkClock('Redis clock', () => clockOf(redis))],
    ['Redis distance', () => checkDistance('Redis distance', () => redis.ping(), SLOW_MS, NEARER)],
  ]
  const findings: Finding[] = []
  for (const [name, look, fix = fixOf] of checks.filter(([name]) => !isNode || !OF_A_PRIMARY.includes(name)))
    findings.push(await attempt(name, fix, look))
  return findings
}

const OF_A_PRIMARY = ['Redis role', 'Redis scripts']

const fixOf = (error: unknown): string =>
  /NOPERM/.test(whyOf(error))
    ? 'run this as a user that may call INFO, TIME and PING'
    : 'see that Redis answers, and run this again'

const infoOf = async (redis: Redis) => parseInfo(await redis.info())

async function clockOf(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time()
  return Number(seconds) * 1000 + Number(micros) / 1000
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

function checkVersion({ redis_version: version = '' }: Record<string, string>): Finding {
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
        `${config('maxmemory-policy noeviction')}: what waits for Postgres must not be evicted`,
      )
}

/** Of `maxmemory`, from which on a warning is due. */
const NEARLY_FULL = 0.9

/** A full Redis refuses every press; one without a limit is bounded by its machine. */
function checkMemory({ used_memory: used, maxmemory }: Record<string, string>): Finding {
  const name = 'Redis memory'
  const limit = Number(maxmemory ?? 0)
  if (!(limit > 0)) return ok(name, `${inMegabytes(Number(used ?? 0))}, no maxmemory`)
  const share = Number(used) / limit
  const found = `${inMegabytes(Number(used))} of ${inMegabytes(limit)} (maxmemory)`
  const fix = `${config('maxmemory')} with a greater size, or move to a greater server`
  if (share >= 1) return fail(name, found, `${fix}: Redis refuses every press, and Postgres takes them`)
  return share > NEARLY_FULL ? warn(name, found, `${fix}: a full Redis refuses every press`) : ok(name, found)
}

const inMegabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`

/** A setting that is only SET is gone with the next start. */
const config = (setting: string) =>
  `CONFIG SET ${setting}, then CONFIG REWRITE (or write it into redis.conf, so that it outlives a restart)`

async function checkPersistence(redis: Redis, { aof_enabled }: Record<string, string>): Promise<Finding> {
  const name = 'Redis persistence'
  if (aof_enabled === '1') return checkAppendOnlyFile(name, await setting(redis, 'appendfsync'))
  const save = await setting(redis, 'save')
  if (save === undefined)
    return skipped(
      name,
      'this server does not show its settings (CONFIG is refused)',
      'see in the settings of your provider that the data is kept on disk',
    )
  const fix = config('appendonly yes')
  return save === ''
    ? warn(
        name,
        'nothing is written to disk',
        `${fix}: until then a restart loses every like that was not drained`,
      )
    : warn(
        name,
        `snapshots only (save ${save})`,
        `${fix}: until then a crash loses every like since the last snapshot that was not drained`,
      )
}

function checkAppendOnlyFile(name: string, fsync: string | undefined): Finding {
  if (fsync === 'always')
    return ok(name, 'an append-only file, flushed with every write: a crash loses nothing')
  if (fsync === 'no')
    return warn(
      name,
      'an append-only file, flushed when the operating system wants to',
      `${config('appendfsync everysec')}: until then a crash of the machine can lose half a minute of likes`,
    )
  const how = fsync === 'everysec' ? 'flushed every second' : 'flushed as this server does not show'
  return ok(name, `an append-only file, ${how}: a crash can lose the undrained likes of the last two seconds`)
}

async function setting(redis: Redis, name: string): Promise<string | undefined> {
  const reply = (await redis.config('GET', name).catch(() => [])) as string[]
  return reply[1]
}

const SLOW_MS = 5
const NEARER = 'run the application in the region of its Redis: a like is one round trip'
