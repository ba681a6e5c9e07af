import { parseAck } from '../../core/ack'
import { OnecountError } from '../../core/errors'
import { parseLimits } from '../../http/limits'
import { parseSecrets } from '../../http/session'
import { type Finding, fail, ok, warn } from './check'

type Env = Record<string, string | undefined>

/** The settings that are about safety, as the server reads them; those that name the stores are checked by using them. */
export function checkSettings(env: Env): Finding[] {
  return [checkSecret(env), checkLimits(env), checkAck(env)]
}

const isProduction = ({ NODE_ENV }: Env) => NODE_ENV === 'production'

function checkSecret(env: Env): Finding {
  const { ONECOUNT_SECRET: secret } = env
  const name = 'ONECOUNT_SECRET'
  const mend =
    'put a random one into the settings of every server: openssl rand -hex 32; several are separated by commas'
  if (!secret) return (isProduction(env) ? fail : warn)(name, 'not set', mend)
  const lengths = secret.split(',').map(part => part.trim().length)
  const found = `${lengths.join(' and ')} characters`
  return refused(() => parseSecrets(secret)) ? fail(name, `${found}, too few`, mend) : ok(name, found)
}

function checkLimits(env: Env): Finding {
  const { ONECOUNT_LIMITS: text } = env
  const name = 'ONECOUNT_LIMITS'
  const why = refused(() => parseLimits(text))
  if (why)
    return fail(name, why, 'the server answers nothing until it is mended; the defaults are good for most')
  if (Object.values(parseLimits(text)).some(limit => limit !== null)) return ok(name, text || 'default')
  const mend = 'remove it: without limits one visitor can press without end'
  return (isProduction(env) ? fail : warn)(name, 'off', mend)
}

function checkAck({ ONECOUNT_ACK: ack }: Env): Finding {
  return refused(() => parseAck(ack))
    ? fail('ONECOUNT_ACK', String(ack), 'use redis or postgres, or leave it empty: redis')
    : ok('ONECOUNT_ACK', parseAck(ack))
}

/** Why the server would not take a setting, or undefined. */
function refused(parse: () => unknown): string | undefined {
  try {
    parse()
    return undefined
  } catch (error) {
    if (!(error instanceof OnecountError)) throw error
    return error.options.detail ?? error.message
  }
}
