import { Redis } from 'ioredis'
import { startRedisServer } from '../../../dev/services/redis-server'
import { productionEngine } from './engine'
import { runSeed } from './run'

const server = await startRedisServer()
const client = new Redis(server.url)
const engine = await productionEngine()
const from = Number(process.argv[2] ?? 1),
  n = Number(process.argv[3] ?? 100)
const t0 = Date.now()
let bad = 0
if (n === 1) {
  const o = await runSeed(from, engine, client, { isTraced: true })
  console.log(o.trace.join('\n'))
  console.log(o.faults, o.violations)
} else {
  let next = from
  const counts: Record<string, number> = {}
  await Promise.all(
    Array.from({ length: 24 }, async () => {
      while (next < from + n) {
        const seed = next++
        const o = await runSeed(seed, engine, client)
        for (const k in o.counts) counts[k] = (counts[k] ?? 0) + o.counts[k]!
        if (o.violations.length) {
          bad++
          if (bad < 12) console.log(seed, o.faults.join(', '), o.violations.slice(0, 3))
        }
      }
    }),
  )
  console.log(counts, bad, 'bad of', n, (Date.now() - t0) / 1000, 's')
}
client.disconnect()
await server.kill()
process.exit(0)
