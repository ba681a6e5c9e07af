import type { RedisOptions } from 'ioredis'
import { type Finding, fail, ok } from './check'
import { checkRedis } from './redis'

interface Address {
  /** As people write it. */
  address: string
  host: string
  port: number
}

/** One line for what all nodes have in common, one for each that differs. */
export async function checkEach(nodes: Address[], login: RedisOptions): Promise<Finding[]> {
  const byCheck = new Map<string, [address: string, Finding][]>()
  for (const { host, port, address } of nodes)
    for (const finding of await lookAtNode({ ...login, host, port })) {
      const all = byCheck.get(finding.check) ?? []
      byCheck.set(finding.check, [...all, [address, finding]])
    }
  return [...byCheck.values()].flatMap(found => together(found, nodes.length))
}

async function lookAtNode(options: RedisOptions): Promise<Finding[]> {
  const { Redis } = await import('ioredis')
  // What is sent before the connection is there waits for it, and fails with it.
  const node = new Redis({ ...options, lazyConnect: true, enableOfflineQueue: true, retryStrategy: null })
  let cause: unknown
  node.on('error', error => {
    cause = error
  })
  try {
    await node.connect()
    return await checkRedis(node, { isNode: true })
  } catch (error) {
    const why = cause ?? error
    return [fail('Redis node', why instanceof Error ? why.message : String(why), FIX_NODE)]
  } finally {
    node.disconnect()
  }
}

const FIX_NODE =
  'see that it runs, and that it is reached at this address from here, with the login and TLS of REDIS_URL'

function together(found: [address: string, Finding][], nodes: number): Finding[] {
  const fine = found.flatMap(([, finding]) => (finding.verdict === 'ok' ? [finding] : []))
  const differing = new Map<string, { finding: Finding; at: string[] }>()
  for (const [address, finding] of found.filter(([, { verdict }]) => verdict !== 'ok')) {
    const key = `${finding.verdict} ${finding.found}`
    const { at } = differing.get(key) ?? { at: [] }
    differing.set(key, { finding, at: [...at, address] })
  }
  const lines = [...differing.values()].map(({ finding, at }) => ({
    ...finding,
    found: `${finding.found} (${at.length === nodes ? `all ${nodes} nodes` : at.join(', ')})`,
  }))
  if (fine.length === 0) return lines
  return [
    ...lines,
    ok(fine[0]!.check, `${inCommon(fine.map(({ found }) => found))} (${fine.length} of ${nodes} nodes)`),
  ]
}

/** Numbers of one unit as the least and the greatest, all else as it is. */
function inCommon(all: string[]): string {
  const distinct = [...new Set(all)]
  const parsed = distinct.map(text => /^([\d.]+)(.*)$/.exec(text))
  const [, , unit] = parsed[0] ?? []
  if (distinct.length < 2 || parsed.some(match => match?.[2] !== unit)) return distinct.join('; ')
  const numbers = parsed.map(match => match![1]!).sort((a, b) => Number(a) - Number(b))
  return `${numbers[0]} to ${numbers.at(-1)}${unit}`
}
