import { parseAck } from '../../core/ack'
import { OnecountError } from '../../core/errors'
import { parseDrainSecret, parseMetricsSecret } from '../../http/bearer'
import { parseLimits } from '../../http/limits'
import { parseOrigin } from '../../http/origin'
import { parseSecrets } from '../../http/session'
import { type Finding, fail, ok, warn } from './check'

type Env = Record<string, string | undefined>

/** The settings that are about safety, as the server reads them; those that name the stores are checked by using them. */
export function checkSettings(env: Env): Finding[] {
  return [
    checkSecret(env),
    checkLimits(env),
    checkAck(env),
    checkProxies(env),
    ...checkOrigins(env),
    ...checkDrainSecret(env),
    ...checkBearer('ONECOUNT_METRICS_SECRET', env.ONECOUNT_METRICS_SECRET, parseMetricsSecret),
  ]
}

const isProduction = ({ NODE_ENV }: Env) => NODE_ENV === 'production'

function checkSecret(env: Env): Finding {
  const { ONECOUNT_SECRET: secret } = env
  const name = 'ONECOUNT_SECRET'
  const fix =
    'put a random one into the settings of every server: openssl rand -hex 32; several are separated by commas'
  if (!secret) return (isProduction(env) ? fail : warn)(name, 'not set', fix)
  const lengths = secret.split(',').map(part => part.trim().length)
  const found = `${lengths.join(' and ')} characters`
  return refused(() => parseSecrets(secret)) ? fail(name, `${found}, too few`, fix) : ok(name, found)
}

function checkLimits(env: Env): Finding {
  const { ONECOUNT_LIMITS: text } = env
  const name = 'ONECOUNT_LIMITS'
  const why = refused(() => parseLimits(text))
  if (why)
    return fail(name, why, 'the server answers nothing until it is repaired; the defaults are good for most')
  if (Object.values(parseLimits(text)).some(limit => limit !== null)) return ok(name, text || 'default')
  const fix = 'remove it: without limits one visitor can press without end'
  return (isProduction(env) ? fail : warn)(name, 'off', fix)
}

function checkAck({ ONECOUNT_ACK: ack }: Env): Finding {
  return refused(() => parseAck(ack))
    ? fail('ONECOUNT_ACK', String(ack), 'use redis or postgres, or leave it empty: redis')
    : ok('ONECOUNT_ACK', parseAck(ack))
}

function checkProxies({ ONECOUNT_PROXY_HOPS: hops }: Env): Finding {
  const name = 'ONECOUNT_PROXY_HOPS'
  if (!hops) return ok(name, '0: no proxy is trusted, limits count by the address of the connection')
  return /^\d$/.test(hops)
    ? ok(name, hops)
    : fail(name, hops, 'use the number of proxies in front of the server, 0 to 9')
}

/** Nothing is said of what is not used. */
function checkOrigins({ ONECOUNT_TRUSTED_ORIGINS: text }: Env): Finding[] {
  const name = 'ONECOUNT_TRUSTED_ORIGINS'
  const origins = (text ?? '').split(',').flatMap(item => item.trim() || [])
  if (origins.length === 0) return []
  const why = refused(() => origins.map(parseOrigin))
  return [why ? fail(name, why, 'name each site; there is no pattern for all') : ok(name, origins.join(', '))]
}

function checkDrainSecret({ ONECOUNT_DRAIN_SECRET, CRON_SECRET }: Env): Finding[] {
  const name = ONECOUNT_DRAIN_SECRET ? 'ONECOUNT_DRAIN_SECRET' : 'CRON_SECRET'
  return checkBearer(name, ONECOUNT_DRAIN_SECRET || CRON_SECRET, parseDrainSecret)
}

function checkBearer(
  name: string,
  secret: string | undefined,
  parse: (secret: string) => unknown,
): Finding[] {
  if (!secret) return []
  return [
    refused(() => parse(secret))
      ? fail(name, `${secret.length} characters`, 'put a random one there: openssl rand -hex 32')
      : ok(name, `${secret.length} characters`),
  ]
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
