/**
 * Parameters of an address that other clients read. postgres.js hands what it does not know to the server, which then
 * refuses the connection; without these it is the same database. What names another server, user or key (`host`,
 * `sslkey`) stays: the server refuses it, and the failure names it.
 */
const OF_OTHER_CLIENTS = new Set([
  // Prisma. `pgbouncer` means no prepared statements, which the commands never use.
  'pgbouncer',
  'schema',
  'connection_limit',
  'pool_timeout',
  'socket_timeout',
  'statement_cache_size',
  'max_connection_lifetime',
  'max_idle_connection_lifetime',
  'single_use_connections',
  'sslaccept',
  // libpq.
  'channel_binding',
  'keepalives',
  'keepalives_idle',
  'keepalives_interval',
  'keepalives_count',
  'tcp_user_timeout',
  'gssencmode',
  'gssdelegation',
  'gsslib',
  'krbsrvname',
  'load_balance_hosts',
  'require_auth',
  'fallback_application_name',
  'sslrootcert',
  'sslcompression',
  'sslcertmode',
  'sslcrl',
  'sslcrldir',
  'sslsni',
  'ssl_min_protocol_version',
  'ssl_max_protocol_version',
  'min_protocol_version',
  'max_protocol_version',
  // node-postgres, and Supabase in the settings of Vercel.
  'uselibpqcompat',
  'supa',
  'workaround',
])

/** What postgres.js is given in place of an address. */
export interface DriverAddress {
  url: string
  /** The certificate has to be verified, which a parameter that the driver does not know says. */
  ssl?: 'verify-full'
}

/** The address without what other clients read, every other letter as it was: it may name several hosts. */
export function addressForDriver(address: string): DriverAddress {
  const { base, parameters, end } = partsOf(address)
  const kept = parameters.filter(parameter => !OF_OTHER_CLIENTS.has(nameOf(parameter)))
  const query = kept.length > 0 ? `?${kept.join('&')}` : ''
  return { url: base + query + end, ...(asksForCertificate(parameters) && { ssl: 'verify-full' }) }
}

/** Names of the parameters of an address. */
export const parametersOf = (address: string): string[] => partsOf(address).parameters.map(nameOf)

function partsOf(address: string) {
  const [, base = address, query = '', end = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(address) ?? []
  return { base, parameters: query.split('&').filter(Boolean), end }
}

const entryOf = (parameter: string): [name: string, value: string] =>
  [...new URLSearchParams(parameter)][0] ?? ['', '']

const nameOf = (parameter: string): string => entryOf(parameter)[0]

/** No less is verified than the client of these would verify: with `sslrootcert` libpq does for `require`, too. */
function asksForCertificate(parameters: string[]): boolean {
  const { sslmode, sslrootcert, sslaccept } = Object.fromEntries(parameters.map(entryOf))
  if (sslmode !== undefined && /^(disable|allow|prefer)$/.test(sslmode)) return false
  return Boolean(sslrootcert) || sslaccept === 'strict'
}
