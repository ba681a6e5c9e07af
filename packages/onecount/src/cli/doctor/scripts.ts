import type { Redis } from 'ioredis'
import { createKeys, tagOf } from '../../core/keys'
import type { Kind } from '../../core/kind'
import { isForbiddenInScript } from '../../core/refused-presses'
import { isNoScript } from '../../redis/replies'
import { SCRIPTS } from '../../redis/scripts.generated'
import { guide } from '../guide'
import { whyOf } from '../unreachable'
import { type Finding, fail, ok } from './check'

const NAME = 'Redis scripts'

/** What the scripts call; the test compares it with them. */
export const SCRIPT_COMMANDS = [
  ...['DEL', 'EXISTS', 'GET', 'HDEL', 'HGET', 'HKEYS', 'HLEN', 'HMGET', 'HSCAN', 'HSET', 'MGET', 'PERSIST'],
  ...['PEXPIRE', 'RENAME', 'SCARD', 'SET', 'SISMEMBER', 'SSCAN', 'TIME', 'TYPE', 'UNLINK', 'ZADD', 'ZCARD'],
  ...['ZCOUNT', 'ZLEXCOUNT', 'ZRANGE', 'ZRANGEBYLEX', 'ZRANGEBYSCORE', 'ZREM', 'ZREMRANGEBYRANK'],
  ...['ZREMRANGEBYSCORE', 'ZREVRANGEBYSCORE', 'ZSCORE'],
]

/** Redis 6.2 cannot be asked: there the log of the engine says what a press was refused for. Runs no command. */
const FORBIDDEN = `
local forbidden = {}
if not redis.acl_check_cmd then return forbidden end
for i = 2, #ARGV do
  local key = ARGV[1]
  if not redis.acl_check_cmd(ARGV[i], key, key, key, key) then forbidden[#forbidden + 1] = ARGV[i] end
end
return forbidden`

/** The rights that the engine, ioredis and this command need. */
const RIGHTS = '~* +@read +@write +@scripting +@connection -@dangerous +info +time'

/** Runs a script that reads, and asks whether this user may call what the others do. Changes nothing. */
export async function checkScripts(redis: Redis, kinds: readonly Kind[], partitions = 1): Promise<Finding> {
  for (const { keyPrefix } of kinds) {
    const { q, recent, lease } = createKeys(tagOf(0, partitions), keyPrefix)
    const refused = await refusalOf(runStatus(redis, [q, recent]))
    const forbidden = (await redis.eval(FORBIDDEN, 0, lease, ...SCRIPT_COMMANDS)) as string[]
    if (forbidden.length > 0)
      return fail(NAME, `this user may not call ${forbidden.join(', ')} for ${lease}`, RIGHTS_FIX)
    if (refused) throw refused
  }
  return ok(NAME, 'run')
}

/** What the user may not do within a script; null: the script ran. @throws any other failure of it */
const refusalOf = (run: Promise<void>): Promise<unknown> =>
  run.then(
    () => null,
    error => {
      if (isForbiddenInScript(whyOf(error))) return error
      throw error
    },
  )

/** Both ways that the engine sends it. */
async function runStatus(redis: Redis, keys: string[]): Promise<void> {
  const { sha1, source } = SCRIPTS.status
  await redis.evalsha(sha1, keys.length, ...keys, 1).catch(error => {
    if (!isNoScript(error)) throw error
  })
  await redis.eval(source, keys.length, ...keys, 1)
}

const RIGHTS_FIX = `ACL SETUSER with the user's name and ${RIGHTS}, then ACL SAVE: ${guide('operations')}`

export const scriptsFix = (error: unknown): string =>
  /NOPERM/.test(whyOf(error)) || isForbiddenInScript(whyOf(error))
    ? RIGHTS_FIX
    : 'see that Redis runs scripts (EVAL, EVALSHA), and run this again'
