import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { redisMicros, resetCounters } from './commands'
import { processorSeconds } from './end-to-end/processors'
import { costOfParts, type Part } from './http/parts'
import { loadOver, type MakeRequest, presses, trivial } from './http/requests'
import { buildNext, SECRET, type Server, startBare, startServe } from './http/servers'
import { median, quantile, round } from './statistics'
import { startStores } from './stores'

/** Load before the measurement begins. */
const WARM_SECONDS = 4

interface HttpOptions {
  seconds: number
  rounds: number
  concurrency: number
}

interface SideReport {
  name: string
  requestsPerSecond: number
  p50Ms: number
  p99Ms: number
  /** Of the server's process. */
  micros: number
  redisMicros: number
  /** Requests a second beside those of the side that it is compared with, median of the rounds. */
  ratio: number | null
}

interface Side {
  name: string
  server: Server
  make: MakeRequest
  /** The side that it is compared with. */
  beside?: string
}

interface Measured {
  rates: number[]
  times: number[]
  seconds: number
  requests: number
  redis: number
}

/** A like over HTTP through `serve`, beside a bare server; through a route of Next, beside a trivial route of the same build. */
export async function http({ seconds, rounds, concurrency }: HttpOptions, say: (line: string) => void) {
  say('building a Next.js application; starting Redis and PostgreSQL …')
  const [next, stores] = await Promise.all([buildNext(), startStores()])
  const profile = await mkdtemp(join(tmpdir(), 'onecount-profile-'))
  try {
    const like = presses(SECRET)
    const [bare, serve, serveDrains, nextServer] = [
      await startBare(),
      await startServe(stores, { drains: false }),
      await startServe(stores),
      await next.start(stores),
    ]
    const sides: Side[] = [
      { name: 'bare node:http', server: bare, make: trivial('/') },
      { name: 'like, serve', server: serve, make: like, beside: 'bare node:http' },
      { name: 'like, serve drains', server: serveDrains, make: like, beside: 'bare node:http' },
      { name: 'Next, trivial route', server: nextServer, make: trivial('/trivial') },
      { name: 'like, Next route', server: nextServer, make: like, beside: 'Next, trivial route' },
    ]
    // Until their code is compiled.
    for (const { server, make } of sides) await loadOver(server.origin, make, concurrency, WARM_SECONDS)
    const measured = new Map<string, Measured>()
    for (let n = 1; n <= rounds; n++) {
      const order = n % 2 === 0 ? [...sides].reverse() : sides
      for (const side of order) await measure(side, stores.client, { seconds, concurrency }, measured)
      const rates = sides.map(({ name }) => `${name} ${Math.round(measured.get(name)!.rates.at(-1)!)}/s`)
      say(`round ${n} of ${rounds}: ${rates.join(', ')}`)
      // What was left pending would grow with the rounds.
      await stores.onecount.drainer.flush({ budgetMs: 60_000 })
    }
    for (const { server } of sides) await server.program.stop()

    say('the cost of a request by part …')
    const profiled = await startServe(stores, { drains: false, profile })
    await loadOver(profiled.origin, like, concurrency, WARM_SECONDS)
    const requests = (await loadOver(profiled.origin, like, concurrency, seconds * 2)).length
    await profiled.program.stop()
    const parts = await costOfParts(profile, requests / (seconds * 2))
    const report = {
      machine: `${cpus().length} cores, Node ${process.version}`,
      concurrency,
      seconds,
      rounds,
      sides: sides.map(side => reportOf(side, measured)),
      parts,
    }
    return { report, table: format(report) }
  } finally {
    await Promise.all([next.remove(), rm(profile, { recursive: true })])
    await stores.stop()
  }
}

async function measure(
  { name, server, make }: Side,
  client: Parameters<typeof resetCounters>[0],
  { seconds, concurrency }: { seconds: number; concurrency: number },
  measured: Map<string, Measured>,
): Promise<void> {
  const all = measured.get(name) ?? { rates: [], times: [], seconds: 0, requests: 0, redis: 0 }
  await resetCounters(client)
  const began = processorSeconds(server.program.pid)
  const times = await loadOver(server.origin, make, concurrency, seconds)
  all.seconds += processorSeconds(server.program.pid) - began
  all.redis += await redisMicros(client)
  all.requests += times.length
  all.rates.push(times.length / seconds)
  all.times.push(...times)
  measured.set(name, all)
}

function reportOf({ name, beside }: Side, measured: Map<string, Measured>): SideReport {
  const { rates, times, seconds, requests, redis } = measured.get(name)!
  const others = beside ? measured.get(beside)!.rates : null
  return {
    name,
    requestsPerSecond: Math.round(median(rates)),
    p50Ms: round(quantile(times, 0.5), 2),
    p99Ms: round(quantile(times, 0.99), 2),
    micros: Math.round((seconds * 1e6) / requests),
    redisMicros: Math.round(redis / requests),
    ratio: others && round(median(rates.map((rate, i) => rate / others[i]!)), 2),
  }
}

interface Report {
  machine: string
  concurrency: number
  seconds: number
  rounds: number
  sides: SideReport[]
  parts: Part[]
}

function format({ machine, concurrency, rounds, sides, parts }: Report): string {
  const row = (name: string, cells: (string | number)[]) =>
    `${name.padEnd(22)}${cells.map(cell => String(cell).padStart(12)).join('')}`
  return [
    `${concurrency} connections, ${machine}; medians of ${rounds} rounds in turns`,
    row('', ['requests/s', 'p50 ms', 'p99 ms', 'µs, server', 'µs, Redis', 'ratio']),
    ...sides.map(({ name, requestsPerSecond, p50Ms, p99Ms, micros, redisMicros, ratio }) =>
      row(name, [requestsPerSecond, p50Ms, p99Ms, micros, redisMicros, ratio ?? '']),
    ),
    '',
    'a like through serve, by part (processor profile, µs)',
    ...parts.map(({ name, micros }) => row(name, [micros])),
  ].join('\n')
}
