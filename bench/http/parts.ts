import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { round } from '../statistics'

export interface Part {
  name: string
  /** Of one request. */
  micros: number
}

interface Frame {
  functionName: string
  url: string
}

interface Profile {
  nodes: { id: number; callFrame: Frame; children?: number[] }[]
  samples: number[]
  timeDeltas: number[]
  startTime: number
  endTime: number
}

/** Which part a file belongs to; time in a file of none of them counts for the part that called it. */
const PARTS: [name: string, files: RegExp][] = [
  ['session', /onecount\/dist\/http\/(session|session-tag|visitor)\.js/],
  ['limits', /onecount\/dist\/http\/(limiter|shared-limits|limits|client-ip)\.js/],
  ['answer', /onecount\/dist\/http\/(responses|node)\.js/],
  ['request, routes', /onecount\/dist\/(http|cli)\//],
  ['engine', /onecount\/dist\/core\//],
  ['Redis', /ioredis|redis-parser|onecount\/dist\/redis\//],
  ['Postgres', /node_modules\/postgres\/|onecount\/dist\/postgres\//],
  ['node:http, in', /_http_(server|incoming|common)|internal\/url/],
  ['node:http, out', /_http_outgoing/],
]
const REST = 'Node, sockets and loop'

/** The time of a profile by part, microseconds of one request; of the middle of it, when the load was on. */
export async function costOfParts(folder: string, requestsPerSecond: number): Promise<Part[]> {
  const [file] = (await readdir(folder)).filter(name => name.endsWith('.cpuprofile'))
  const { nodes, samples, timeDeltas }: Profile = JSON.parse(await readFile(join(folder, file!), 'utf8'))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map(child => [child, id])))
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))

  function partOf(id: number | undefined): string {
    if (id === undefined) return REST
    const { functionName, url } = frames.get(id)!
    if (functionName === '(idle)') return ''
    if (functionName === '(garbage collector)') return 'garbage collector'
    return PARTS.find(([, files]) => files.test(url))?.[0] ?? partOf(parents.get(id))
  }

  const known = new Map<number, string>()
  const micros = new Map<string, number>()
  const whole = timeDeltas.reduce((sum, delta) => sum + delta, 0)
  let at = 0
  let counted = 0
  samples.forEach((id, i) => {
    at += timeDeltas[i]!
    if (at < whole * 0.5 || at > whole * 0.85) return
    counted += timeDeltas[i]!
    const part = known.get(id) ?? partOf(id)
    known.set(id, part)
    if (part) micros.set(part, (micros.get(part) ?? 0) + timeDeltas[i]!)
  })
  const requests = (requestsPerSecond * counted) / 1e6
  return [...micros]
    .map(([name, sum]) => ({ name, micros: round(sum / requests, 1) }))
    .sort((a, b) => b.micros - a.micros)
}
