import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Program } from '@onecount/dev-stack/process'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { buildPackage } from '../packages/onecount/scripts/build'
import { type Look, type Lost, lookAt, lostOf, wrongPosts } from './end-to-end/check'
import { type SideProcess, startOnecount, startSide, startWriter } from './end-to-end/children'
import { likesOf } from './end-to-end/likes'
import { PLAIN_TABLES } from './end-to-end/plain'
import { processorSeconds } from './end-to-end/processors'
import type { Load } from './end-to-end/side-process'
import { isEmpty, QUEUE, type SideName, type Stores, until } from './end-to-end/sides'
import { median, round } from './statistics'
import { POSTS, prepareTables, startServers } from './stores'

interface EndToEndReport {
  machine: string
  concurrency: number
  likes: number
  rounds: number
  sides: SideReport[]
}

interface SideReport {
  side: string
  /** Until Postgres held them all. */
  likesPerSecond: number
  /** Until people had their answers. */
  answeredPerSecond: number
  /** Medians of the rounds' ratios. */
  timesSeed: number
  timesBullmq: number
  /** Posts that are wrong after all rounds. */
  wrong: number
  /** Processor time of a like, microseconds. */
  micros: Record<Part, number>
  /** Processors that were busy with the side. Fewer than the machine has: it waited, for the disk or for other work. */
  processors: number
  killed: Lost & { wrong: number }
}

interface EndToEndOptions {
  likes: number
  rounds: number
  concurrency: number
}

type Part = 'presses' | 'writer' | 'redis' | 'postgres'

const PARTS: Part[] = ['presses', 'writer', 'redis', 'postgres']
const NAMES: Record<SideName, string> = {
  seed: 'commands, SQL not awaited',
  bullmq: 'script, BullMQ job',
  alone: 'engine, Postgres alone',
  inside: 'engine, drains inside',
  beside: 'engine, worker beside',
}
/** Loads that are no round: their likes are of sessions of their own. */
const WARM_UP = 0
const KILLED = 1001
const WARM_UP_LIKES = 2000

/** A side with its processes and its own part of the stores. */
interface Started {
  name: SideName
  stores: Stores
  process: SideProcess
  writer: Program | null
  look: Look
}

interface Round {
  seconds: number
  pressedSeconds: number
  micros: Record<Part, number>
}

/**
 * Likes until Postgres holds them, each side in processes of its own and with tables and keys of its own, in turns. Then
 * the processes of each side are killed in the middle of a load, and what they have left behind is finished by others.
 */
export async function endToEnd({ likes, rounds, concurrency }: EndToEndOptions, say: (line: string) => void) {
  await buildPackage()
  say('starting Redis, PostgreSQL and the sides …')
  const [redis, server] = await startServers()
  const folder = await mkdtemp(join(tmpdir(), 'onecount-bench-'))
  const started: Started[] = []
  try {
    for (const name of Object.keys(NAMES) as SideName[]) {
      const stores: Stores = {
        redisUrl: `${redis.url}/${started.length}`,
        databaseUrl: await server.createDatabase(name),
      }
      started.push(await startOne(name, stores, concurrency))
    }
    for (const { process } of started) await process.press({ load: WARM_UP, count: WARM_UP_LIKES })

    const done = new Map<SideName, Round[]>(started.map(({ name }) => [name, []]))
    for (let n = 1; n <= rounds; n++) {
      for (let i = 0; i < started.length; i++) {
        const side = started[(i + n) % started.length]!
        const pids = {
          presses: side.process.program.pid,
          writer: side.writer?.pid,
          redis: redis.pid,
          postgres: server.pid,
        }
        const round = await measure(side, { load: n, count: likes }, pids)
        done.get(side.name)!.push(round)
        say(`round ${n} of ${rounds}: ${NAMES[side.name]} ${Math.round(likes / round.seconds)}/s`)
      }
    }

    const sides: SideReport[] = []
    for (const side of started) {
      const wrong = await wrongPosts(side.look)
      say(`${NAMES[side.name]}: ${wrong} posts are wrong; its processes are killed …`)
      const killed = await kill(side, { load: KILLED, count: likes }, join(folder, side.name))
      sides.push({ ...reportOf(side.name, likes, done), wrong, killed })
    }
    const machine = `${cpus().length} cores, Node ${process.version}`
    const report: EndToEndReport = { machine, concurrency, likes, rounds, sides }
    return { report, table: format(report) }
  } finally {
    for (const side of started) await stop(side)
    await Promise.all([redis.kill(), server.kill(), rm(folder, { recursive: true, force: true })])
  }
}

async function startOne(name: SideName, stores: Stores, concurrency: number): Promise<Started> {
  const sql = postgres(stores.databaseUrl, { max: 2, onnotice() {} })
  if (name === 'seed' || name === 'bullmq') await sql.unsafe(PLAIN_TABLES)
  else await prepareTables(sql)
  const process = await startSide({ side: name, concurrency, ...stores })
  return { name, stores, process, writer: await startWriter(name, stores), look: lookAt(name, stores, sql) }
}

async function stop({ process, writer, look }: Started): Promise<void> {
  await Promise.all([process.program.kill(), writer?.kill()])
  look.redis.disconnect()
  await look.sql.end({ timeout: 1 })
}

async function measure(
  { process }: Started,
  load: Load,
  pids: Record<Part, number | undefined>,
): Promise<Round> {
  const spent = () => PARTS.map(part => (pids[part] === undefined ? 0 : processorSeconds(pids[part])))
  const before = spent()
  const { seconds, pressedSeconds } = await process.press(load)
  const after = spent()
  const micros = PARTS.map((part, i) => [part, ((after[i]! - before[i]!) * 1e6) / load.count])
  return { seconds, pressedSeconds, micros: Object.fromEntries(micros) }
}

/** Kills the side in the middle of a load, lets other processes finish the rest, and reads the state of the stores. */
async function kill(side: Started, load: Load, file: string): Promise<SideReport['killed']> {
  const { name, stores, process, writer, look } = side
  await writeFile(file, Buffer.alloc(load.count))
  await process.killInTheMiddleOf({ ...load, answered: file }, writer ? [writer] : [])
  // A statement goes on though its client is gone.
  await until(
    async () =>
      (
        await look.sql`
    select from pg_stat_activity where datname = ${name} and pid <> pg_backend_pid() and state = 'active'`
      ).length === 0,
  )
  if (name === 'inside' || name === 'beside') await startOnecount(stores, 'worker', '--once').exited
  if (name === 'bullmq') await finishJobs(stores)
  const bytes = await readFile(file)
  const answered = likesOf(load.load, load.count).filter((_, n) => bytes[n] !== 0)
  return { ...(await lostOf(look, answered)), wrong: await wrongPosts(look) }
}

async function finishJobs(stores: Stores): Promise<void> {
  const writer = await startWriter('bullmq', stores)
  const connection = new Redis(stores.redisUrl, { maxRetriesPerRequest: null })
  const queue = new Queue(QUEUE, { connection })
  try {
    await until(() => isEmpty(queue))
  } finally {
    await queue.close()
    connection.disconnect()
    await writer!.kill()
  }
}

function reportOf(
  name: SideName,
  likes: number,
  done: Map<SideName, Round[]>,
): Omit<SideReport, 'wrong' | 'killed'> {
  const rounds = done.get(name)!
  const times = (of: SideName) =>
    round(median(rounds.map(({ seconds }, i) => done.get(of)![i]!.seconds / seconds)), 1)
  const busy = ({ micros, seconds }: Round) =>
    (PARTS.reduce((sum, part) => sum + micros[part], 0) * likes) / seconds / 1e6
  const micros = PARTS.map(part => [part, Math.round(median(rounds.map(({ micros }) => micros[part])))])
  return {
    side: NAMES[name],
    likesPerSecond: Math.round(median(rounds.map(({ seconds }) => likes / seconds))),
    answeredPerSecond: Math.round(median(rounds.map(({ pressedSeconds }) => likes / pressedSeconds))),
    timesSeed: times('seed'),
    timesBullmq: times('bullmq'),
    micros: Object.fromEntries(micros),
    processors: round(median(rounds.map(busy)), 2),
  }
}

function format({ machine, concurrency, likes, rounds, sides }: EndToEndReport): string {
  const n = (value: number) => value.toLocaleString('en')
  const line = (cells: (string | number)[]) =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(28) : String(cell).padStart(13))).join('')
  return [
    `${n(likes)} likes until Postgres holds them, ${concurrency} at once, ${n(POSTS)} posts, ${machine}; ` +
      `medians of ${rounds} rounds in turns`,
    line(['', 'likes/s', 'answered/s', '× commands', '× BullMQ', 'wrong posts']),
    ...sides.map(side =>
      line([
        side.side,
        side.likesPerSecond,
        side.answeredPerSecond,
        side.timesSeed,
        side.timesBullmq,
        side.wrong,
      ]),
    ),
    '',
    line(['processor µs a like', 'presses', 'writer', 'Redis', 'PostgreSQL', 'together', 'processors']),
    ...sides.map(({ side, micros, processors }) => {
      const each = PARTS.map(part => micros[part])
      return line([side, ...each, each.reduce((sum, value) => sum + value, 0), processors])
    }),
    '',
    line(['killed in the middle', 'answered', 'not in PG', 'in neither', 'wrong posts']),
    ...sides.map(({ side, killed }) =>
      line([side, killed.answered, killed.notInPostgres, killed.inNeither, killed.wrong]),
    ),
  ].join('\n')
}
