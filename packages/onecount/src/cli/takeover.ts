import type { Onecount } from '../core/onecount'
import { kindSettings } from './config'
import { connect } from './connect'
import type { Command } from './main'
import { parseOptions } from './parse-options'
import { STORE_OPTIONS, STORE_OPTIONS_HELP } from './settings'

const HELP = `Gives Postgres to the Redis of REDIS_URL, when it belongs to another one: after a move to a new Redis, or where the wrong
one was first. Every post is read from Postgres again. The former Redis is refused from then on, and what it has not
drained stays there: stop its application and drain it first (npx onecount worker --once), if you can.

  npx onecount takeover [options]

  --json           one JSON object on stdout
${STORE_OPTIONS_HELP}
  --help

Exit code: 0 Postgres belongs to this Redis, 2 it could not be done.`

/** How long the first batches may take, milliseconds. */
const DRAIN_MS = 60_000

export const takeover: Command = {
  summary: 'give Postgres to this Redis',
  async run(args) {
    const { values } = parseOptions({
      args,
      options: { json: { type: 'boolean' }, ...STORE_OPTIONS, help: { type: 'boolean' } },
    })
    if (values.help) {
      console.log(HELP)
      return 0
    }
    const { onecount, close } = await connect(await kindSettings(values), {
      takeOver: true,
      log: { warn() {} },
    })
    try {
      const before = await ownerOf(onecount)
      const { more } = await onecount.drainer.flush({ budgetMs: DRAIN_MS })
      const owner = await ownerOf(onecount)
      const done = { owner, before, changed: owner !== before, more }
      console.log(values.json ? JSON.stringify(done) : format(done))
      return 0
    } finally {
      await close()
    }
  },
}

/** Of every partition; several, where a takeover was cut off, are separated by commas. */
async function ownerOf({ stores: { postgres, partitions } }: Onecount): Promise<string | null> {
  const all = await Promise.all(partitions.map(({ partition }) => postgres.status(partition)))
  const owners = new Set(all.flatMap(({ owner }) => owner ?? []))
  return owners.size === 0 ? null : [...owners].sort().join(', ')
}

function format({ owner, before, changed, more }: { owner: string | null; before: string | null } & Flags) {
  const lines = [
    changed
      ? `Postgres belongs to this Redis now (${owner}), before to ${before ?? 'none'}`
      : `Postgres belongs to this Redis already (${owner})`,
  ]
  if (more)
    lines.push('What is on its way is not drained yet: the application or npx onecount worker goes on.')
  return lines.join('\n')
}

interface Flags {
  changed: boolean
  more: boolean
}
