import { ForeignRedis, StoreUnavailable } from '../core/errors'
import type { Onecount } from '../core/onecount'
import { repartition } from '../core/repartition'
import { kindSettings } from './config'
import { assertAnswers, connect, openPostgres } from './connect'
import type { Command } from './main'
import { parseOptions } from './parse-options'
import {
  CLUSTER_HELP,
  CLUSTER_OPTION,
  KIND_HELP,
  KIND_OPTIONS,
  parsePartitions,
  type StoreSettings,
  UsageError,
} from './settings'
import { formatTable } from './table'

const HELP = `Says into how many partitions the posts are split, or changes that, while people like.

  npx onecount partitions [N] [options]

  --json           one JSON object on stdout
${CLUSTER_HELP}
${KIND_HELP}
  --help

From then on Postgres serves the processes that are set to another number, until they are started again with
ONECOUNT_PARTITIONS=N. What was pending goes to Postgres; every post is read from it again. It can be repeated, also
after it was interrupted.
Exit code: 0 done, 2 it could not be done.`

export const partitions: Command = {
  summary: 'say or change the number of partitions',
  async run(args) {
    const { values, positionals } = parseOptions({
      args,
      allowPositionals: true,
      options: { json: { type: 'boolean' }, ...CLUSTER_OPTION, ...KIND_OPTIONS, help: { type: 'boolean' } },
    })
    if (values.help) {
      console.log(HELP)
      return 0
    }
    if (positionals.length > 1) throw new UsageError(`partitions takes one number, not ${positionals.length}`)
    const asked = positionals[0] === undefined ? null : parsePartitions('partitions', positionals[0])
    const settings = await kindSettings(values)
    const from = await partitionsOf(settings)
    const to = asked ?? from
    const moved = from === to ? 0 : await change(settings, from, to)
    const done = { before: from, partitions: to, moved }
    console.log(values.json ? JSON.stringify(done) : format(done))
    return 0
  },
}

async function partitionsOf(settings: StoreSettings): Promise<number> {
  const { port, end } = await openPostgres(settings)
  try {
    await assertAnswers(port, settings)
    return (await port.status(0)).partitions
  } finally {
    await end()
  }
}

async function change(settings: StoreSettings, from: number, to: number): Promise<number> {
  // A partition that an interrupted run has closed answers no look.
  const { onecount, close } = await connect({ ...settings, partitions: from }, { isPatient: true })
  try {
    await assertOwn(onecount)
    const { redis, postgres } = onecount.stores
    const { moved } = await repartition({ redis: redis!, postgres, from, to, now: () => Date.now() * 1000 })
    return moved
  } finally {
    await close()
  }
}

/** @throws ForeignRedis: the pending ops of another Redis would stay there */
async function assertOwn({ drainer }: Onecount): Promise<void> {
  await drainer.hasWork().catch(error => {
    if (error instanceof ForeignRedis || !(error instanceof StoreUnavailable)) throw error
  })
}

function format({ before, partitions, moved }: { before: number; partitions: number; moved: number }) {
  if (before === partitions)
    return `The posts are in ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}.`
  const rows: [string, string][] = [
    ['before', String(before)],
    ['partitions', String(partitions)],
    ['pending ops moved', moved.toLocaleString('en')],
  ]
  return `${formatTable(rows, [1])}\n\nStart every process with ONECOUNT_PARTITIONS=${partitions}.`
}
