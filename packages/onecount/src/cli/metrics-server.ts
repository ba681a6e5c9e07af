import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { hasBearer, parseMetricsSecret } from '../http/bearer'
import type { Exposition } from '../http/ports'
import { openPort, urlOf } from './open-port'
import { UsageError } from './settings'

const HOST = '127.0.0.1'
const LAST_PORT = 65_535
const HEADERS_MS = 10_000

/** Of the commands that stay: `worker` and `serve`. */
export const METRICS_OPTIONS = {
  metrics: { type: 'string' },
  'metrics-host': { type: 'string' },
} as const

export const METRICS_OPTIONS_HELP = `  --metrics PORT   answers metrics for Prometheus at http://127.0.0.1:PORT/metrics (npm install prom-client)
  --metrics-host A the address it listens at (127.0.0.1); any but this machine's own needs ONECOUNT_METRICS_SECRET`

/** Where metrics are answered. */
export interface MetricsPlace {
  /** 0: any that is free. */
  port: number
  host: string
  /** Bearer token that a scrape has to send; undefined: everybody on this machine may read. */
  secret: string | undefined
}

/** Null: no metrics were asked for. @throws UsageError; OnecountError `misconfigured`, naming the setting */
export function readMetricsPlace(
  { metrics, 'metrics-host': host }: { metrics?: string; 'metrics-host'?: string },
  env: Record<string, string | undefined>,
): MetricsPlace | null {
  if (metrics === undefined) {
    if (host === undefined) return null
    throw new UsageError('--metrics-host without --metrics: name the port too')
  }
  const port = /^\d{1,5}$/.test(metrics) ? Number(metrics) : Number.NaN
  if (!(port <= LAST_PORT))
    throw new UsageError(`--metrics ${metrics} is no port: use a number from 0 to ${LAST_PORT}`)
  const secret = parseMetricsSecret(env.ONECOUNT_METRICS_SECRET)
  if (host !== undefined && !isOwn(host) && secret === undefined)
    throw new UsageError(
      `--metrics-host ${host} opens the metrics to other machines: set ONECOUNT_METRICS_SECRET, which they have to send`,
    )
  return { port, host: host ?? HOST, secret }
}

/** Whether an address can be reached from this machine alone. */
const isOwn = (host: string): boolean => /^(127(\.\d{1,3}){3}|::1|localhost)$/.test(host)

export interface MetricsServer {
  /** The address to scrape. */
  url: string
  close(): Promise<void>
}

/**
 * Answers `GET /metrics`, and nothing else.
 * @param exclusive in a process of `node:cluster` that does not share the port
 * @throws MissingSetting where the port cannot be had
 */
export async function serveMetrics(
  { port, host, secret }: MetricsPlace,
  metrics: Exposition,
  { exclusive = false }: { exclusive?: boolean } = {},
): Promise<MetricsServer> {
  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const refuse = (status: number, text: string, headers: Record<string, string> = {}) =>
      outgoing
        .writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers })
        .end(incoming.method === 'HEAD' ? undefined : `${text}\n`)
    if (incoming.url?.split('?', 1)[0] !== '/metrics') return void refuse(404, 'Metrics are at /metrics.')
    if (incoming.method !== 'GET' && incoming.method !== 'HEAD')
      return void refuse(405, 'GET alone.', { allow: 'GET, HEAD' })
    if (secret !== undefined && !hasBearer(headersOf(incoming), secret))
      return void refuse(401, 'Send ONECOUNT_METRICS_SECRET as a bearer token.', {
        'www-authenticate': 'Bearer',
      })
    const text = await metrics.text()
    outgoing.writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' })
    outgoing.end(incoming.method === 'HEAD' ? undefined : text)
  }

  const server = createServer({ headersTimeout: HEADERS_MS }, (incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => outgoing.destroy())
  })
  await openPort(server, {
    host,
    port,
    exclusive,
    hostOption: '--metrics-host',
    portOption: '--metrics',
  })
  return {
    url: `${urlOf(server, host)}/metrics`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** As web requests have them. */
const headersOf = ({ headers }: IncomingMessage) => ({
  headers: { get: (name: string) => String(headers[name] ?? '') || null },
})
