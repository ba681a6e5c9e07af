import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startUpstashServer } from '@onecount/dev-stack/upstash-server'
import { buildPackage } from '../packages/onecount/scripts/build'
import { formatTable } from '../packages/onecount/src/cli/table'
import { median } from './statistics'
import { postId, startStores } from './stores'

const FUNCTION = join(import.meta.dirname, 'cold/function.mjs')

type Started = Record<'importedMs' | 'importedCpuMs' | 'likeMs' | 'cpuMs' | 'rssMb', number> & {
  source: string
}

/** A process that starts, imports the built package, and takes its first like through Upstash's client. */
export async function cold({ rounds }: { rounds: number }, say: (line: string) => void) {
  say('building the package, starting Redis and PostgreSQL …')
  await buildPackage()
  const stores = await startStores({ hydrate: true })
  const upstash = await startUpstashServer({ redisUrl: stores.redisUrl })
  // The stores belong together as the function names them.
  const env = {
    ...process.env,
    DATABASE_URL: stores.databaseUrl,
    UPSTASH_REDIS_REST_URL: upstash.url,
    UPSTASH_REDIS_REST_TOKEN: upstash.token,
    POST: postId(1),
  }
  const started: Started[] = []
  for (let round = 0; round <= rounds; round++) {
    const { stdout } = await promisify(execFile)(process.execPath, [FUNCTION], { env, timeout: 60_000 })
    // The first one finds nothing in the cache of the file system.
    if (round > 0) started.push(JSON.parse(stdout))
  }
  await upstash.stop()
  await stores.stop()
  const of = (name: keyof Omit<Started, 'source'>) => Math.round(median(started.map(one => one[name])))
  const report = {
    rounds,
    importMs: of('importedMs'),
    importCpuMs: of('importedCpuMs'),
    firstLikeMs: of('likeMs'),
    cpuMs: of('cpuMs'),
    rssMb: of('rssMb'),
    sources: [...new Set(started.map(({ source }) => source))],
  }
  const table = formatTable(
    [
      [`medians of ${rounds} new processes, Node ${process.version}`, 'ms', 'processor ms'],
      ['import of onecount and its drivers', String(report.importMs), String(report.importCpuMs)],
      ['the first like, with connections', String(report.firstLikeMs), ''],
      ['all of it, Node itself included', '', String(report.cpuMs)],
    ],
    [1, 2],
  )
  return { report, table: `${table}\n${report.rssMb} MB of memory; likes were answered by ${report.sources}` }
}
