import { parseAck } from '../../core/ack'
import { type Finding, fail, ok, warn } from './check'

/** The settings that are about safety; those that name the stores were read before. */
export function checkSettings(env: Record<string, string | undefined>): Finding[] {
  return [checkSecret(env), checkLimits(env), checkAck(env)]
}

const SECRET_LENGTH = 32

function checkSecret({ ONECOUNT_SECRET: secret, NODE_ENV }: Record<string, string | undefined>): Finding {
  const name = 'ONECOUNT_SECRET'
  const mend = 'put a random one into the settings of every server: openssl rand -hex 32'
  if (!secret) return (NODE_ENV === 'production' ? fail : warn)(name, 'not set', mend)
  if (secret.length < SECRET_LENGTH) return fail(name, `${secret.length} characters, too few`, mend)
  return ok(name, `${secret.length} characters`)
}

function checkLimits({ ONECOUNT_LIMITS: limits, NODE_ENV }: Record<string, string | undefined>): Finding {
  if (limits !== 'off') return ok('ONECOUNT_LIMITS', limits || 'default')
  const mend = 'remove it: without limits one visitor can press without end'
  return (NODE_ENV === 'production' ? fail : warn)('ONECOUNT_LIMITS', 'off', mend)
}

function checkAck({ ONECOUNT_ACK: ack }: Record<string, string | undefined>): Finding {
  try {
    return ok('ONECOUNT_ACK', parseAck(ack))
  } catch {
    return fail('ONECOUNT_ACK', String(ack), 'use redis or postgres, or leave it empty: redis')
  }
}
