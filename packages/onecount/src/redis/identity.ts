import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { RedisOptions } from 'ioredis'

/**
 * An id of the Redis that a client is configured for: a hash of its address and database, alike in every process that
 * uses this address. User and password are no part of it, as they change.
 */
export const identityOf = (options: RedisOptions): string => hashOf(addressOf(options))

/**
 * An id of the Redis Cluster that is configured by the addresses of some of its nodes: a hash of these addresses in any
 * order. Another list of nodes of the same cluster has another id.
 */
export const identityOfCluster = (nodes: RedisOptions[]): string =>
  hashOf(`cluster of ${[...new Set(nodes.map(addressOf))].sort().join()}`)

const hashOf = (address: string) => createHash('sha256').update(address).digest('hex').slice(0, 16)

function addressOf({ host = 'localhost', port, path, db, sentinels, name }: RedisOptions): string {
  if (sentinels?.length) return `sentinel ${name ?? ''}/${db ?? 0} of ${sentinels.map(nameOf).sort().join()}`
  if (path) return `${path}/${db ?? 0} on ${machine()}`
  const where = isLoopback(host) ? `loopback of ${machine()}` : host.toLowerCase()
  return `${where}:${port}/${db ?? 0}`
}

const nameOf = ({ host, port }: { host?: string; port?: number }) => `${host}:${port}`

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || /^127\./.test(host)

/** Another machine's localhost is another Redis. A container has no id that outlives it, and none is better then. */
function machine(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim()
  } catch {
    return ''
  }
}
