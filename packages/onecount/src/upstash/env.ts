import { OnecountError } from '../core/errors'

/** How a process is told where Upstash is: variables of its environment, by the names that Upstash and Vercel give them. */
export interface UpstashEnv {
  /**
   * `https://…`, of the REST API.
   * @default `KV_REST_API_URL`
   */
  UPSTASH_REDIS_REST_URL?: string
  /**
   * One that may write.
   * @default `KV_REST_API_TOKEN`
   */
  UPSTASH_REDIS_REST_TOKEN?: string
  /**
   * The address, by the name that Vercel gives it.
   * @default none
   */
  KV_REST_API_URL?: string
  /**
   * The token, by the name that Vercel gives it.
   * @default none
   */
  KV_REST_API_TOKEN?: string
  [name: string]: string | undefined
}

/** Where a database of Upstash is, and what opens it. */
export interface UpstashAddress {
  /** `https://…`, without a path. */
  url: string
  /** One that may write: the engine runs scripts. */
  token: string
}

const NAMES = [
  ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN'],
  ['KV_REST_API_URL', 'KV_REST_API_TOKEN'],
] as const

/**
 * What `UPSTASH_REDIS_REST_URL` and `UPSTASH_REDIS_REST_TOKEN` say, or else `KV_REST_API_URL` and `KV_REST_API_TOKEN`;
 * null where none of them is set.
 * @throws OnecountError `misconfigured`, which names the setting and repeats no value
 * @example
 * const address = readUpstashAddress(process.env)
 * const redis = address && upstashPort(createUpstashClient(address), address)
 */
export function readUpstashAddress(env: UpstashEnv): UpstashAddress | null {
  for (const [urlName, tokenName] of NAMES) {
    const url = env[urlName]?.trim()
    const token = env[tokenName]?.trim()
    if (!url && !token) continue
    if (!url) throw wrong(urlName, `${urlName} is missing: ${tokenName} is set without it`)
    if (!token)
      throw wrong(tokenName, `${tokenName} is missing: copy it from the REST API part of the database`)
    return { url: checkedUrl(url, urlName), token }
  }
  return null
}

/** Without the slash at its end. */
export function checkedUrl(text: string, field: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (/^rediss?:$/.test(url?.protocol ?? ''))
    throw wrong(field, `${field} is the address of the TCP endpoint: use the one that begins with https://`)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password)
    throw wrong(field, `${field} cannot be read: write https://name.upstash.io, the token apart from it`)
  return url.href.replace(/\/$/, '')
}

const wrong = (field: string, detail: string) => new OnecountError('misconfigured', { field, detail })
