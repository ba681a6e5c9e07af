import { OnecountError } from '../core/errors'

/** How a process is told where Redis is: variables of its environment. */
export interface RedisEnv {
  /**
   * Of a single Redis, or of some nodes of a Redis Cluster, separated by commas.
   * @default none: there is no Redis
   */
  REDIS_URL?: string
  /**
   * `1`: one address is that of a Redis Cluster, as of the configuration endpoint of a managed one.
   * @default a cluster where `REDIS_URL` has several addresses
   */
  REDIS_CLUSTER?: string
  [name: string]: string | undefined
}

/** Where Redis is: one server, or the nodes of a cluster. */
export interface RedisAddress {
  /** One; of a cluster one or more. All of a cluster have the same user, password and scheme. */
  urls: string[]
  /** Whether they are nodes of a cluster. */
  isCluster: boolean
}

/** A comma before a scheme, or before hosts alone: one in a password is followed by an `@`. */
const SEPARATOR = /,(?=\s*rediss?:\/\/|[^@]*?(?:$|,\s*rediss?:\/\/))/i

/**
 * What `REDIS_URL` and `REDIS_CLUSTER` say; null without an address. Several addresses are those of a cluster, and the
 * user, the password and TLS of one of them are those of all nodes. One address alone is returned as it is; what
 * stands after its port has to be the number of a database.
 *
 * @throws OnecountError `misconfigured`; its `detail` names the setting and, after a colon, what to do. It repeats no
 * address, as that may hold a password
 * @example
 * const address = readRedisAddress(process.env)
 * if (address) console.log(address.isCluster ? 'a cluster' : 'one server')
 */
export function readRedisAddress({ REDIS_URL = '', REDIS_CLUSTER = '' }: RedisEnv): RedisAddress | null {
  const text = REDIS_URL.trim()
  if (!['', '0', '1'].includes(REDIS_CLUSTER))
    throw wrong(
      'REDIS_CLUSTER',
      'REDIS_CLUSTER is not understood: use 1 for a Redis Cluster, or leave it empty',
    )
  if (text === '') return null
  const urls = text
    .split(text.startsWith('/') ? /$^/ : SEPARATOR)
    .map(url => url.trim())
    .filter(Boolean)
  const isCluster = urls.length > 1 || REDIS_CLUSTER === '1'
  if (isCluster && REDIS_CLUSTER === '0')
    throw wrong(
      'REDIS_CLUSTER',
      'REDIS_URL names several nodes, and REDIS_CLUSTER is 0: name one Redis, or remove REDIS_CLUSTER',
    )
  if (!isCluster) assertDatabase(urls[0]!)
  return { urls: isCluster ? withSharedLogin(urls) : urls, isCluster }
}

const wrong = (field: string, detail: string) => new OnecountError('misconfigured', { field, detail })

const unreadable = () =>
  wrong(
    'REDIS_URL',
    'REDIS_URL cannot be read: write redis://user:password@host:6379, of several nodes of a Redis Cluster with commas ' +
      'between them, and / ? # @ % , in a password as %2F %3F %23 %40 %25 %2C',
  )

/** ioredis uses database 0 where it cannot read the number, and takes a path without a scheme for a socket. */
function assertDatabase(text: string): void {
  if (isTorn(text)) throw unreadable()
  const isSocket = /^\/(?!\/)/.test(text)
  const hasScheme = text.includes('://') || text.startsWith('//')
  const full = hasScheme ? text.replace(/^\/\//, 'redis://') : `redis://${isSocket ? 'socket' : ''}${text}`
  // What is no address of Redis at all, the driver refuses.
  if (!URL.canParse(full) || !/^rediss?:/i.test(full)) return
  const { pathname, searchParams } = new URL(full)
  if (!hasScheme && !isSocket && !/^\/?$/.test(pathname))
    throw wrong(
      'REDIS_URL',
      'REDIS_URL names a database without a scheme: write redis:// or rediss:// before the host',
    )
  if ((!isSocket && !/^\/?\d*$/.test(pathname)) || !/^\d*$/.test(searchParams.get('db') ?? ''))
    throw wrong(
      'REDIS_URL',
      'REDIS_URL names a database by something that is no number: write redis://user:password@host:6379/0, or end it ' +
        'after the port',
    )
}

/** A password with one of `/?#` ends too early, and what follows would be parsed as a host and printed. */
export const isTorn = (text: string): boolean =>
  !text.startsWith('/') && /[/?#].*@/.test(text.replace(/^[a-z]+:\/\//i, ''))

/** A password is in each address or in one of them: nodes that the client discovers get it as well. */
function withSharedLogin(texts: string[]): string[] {
  const scheme = /^(rediss?:)\/\//i.exec(texts[0]!)?.[1]?.toLowerCase() ?? 'redis:'
  const urls = texts.map(text => parse(text.includes('://') ? text : `${scheme}//${text}`))
  if (new Set(urls.map(({ protocol }) => protocol)).size > 1)
    throw wrong(
      'REDIS_URL',
      'REDIS_URL mixes redis:// and rediss://: use rediss:// for all nodes, or for none',
    )
  const logins = urls.filter(({ username, password }) => username || password)
  const [{ username, password } = { username: '', password: '' }] = logins
  if (logins.some(other => other.username !== username || other.password !== password))
    throw wrong(
      'REDIS_URL',
      'REDIS_URL has several logins: give every node of the cluster the same user and password, or name them once',
    )
  return urls.map(url => Object.assign(url, { username, password }).href)
}

function parse(text: string): URL {
  if (isTorn(text) || !URL.canParse(text)) throw unreadable()
  const url = new URL(text)
  if (!/^rediss?:$/.test(url.protocol) || !url.hostname) throw unreadable()
  if (!/^\/?0?$/.test(url.pathname))
    throw wrong(
      'REDIS_URL',
      'REDIS_URL names a database: a Redis Cluster has none, remove what follows the port',
    )
  return url
}
