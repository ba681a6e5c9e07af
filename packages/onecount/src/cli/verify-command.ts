import type { Difference } from '../compare/verify'
import { kindSettings } from './config'
import { connect } from './connect'
import { formatDifferences, LISTED } from './differences'
import type { Command } from './main'
import { parseOptions } from './parse-options'
import { type Compared, compareSelected, exitCode, parseSelection, SELECTION_OPTIONS } from './selection'
import { type KindOptions, STORE_OPTIONS, STORE_OPTIONS_HELP } from './settings'
import { shellOption } from './shell'

const HELP = `Compares what Redis shows with what Postgres holds, post by post: the count, and who likes it. Changes no count:
what differs is drained and compared again, so that likes which flow meanwhile do not matter.

  npx onecount verify [options]

  --post ID        this post alone
  --sample N       N posts, chosen at random
  --after ID       go on after this post
  --json           one JSON object on stdout
${STORE_OPTIONS_HELP}
  --help

What is on its way between the stores is not a difference, and neither is a post that Redis does not hold: its next
reader brings it there. Ctrl-C stops after the page, says what was found and how to go on.
Exit code: 0 equal, 1 differences, 2 could not check everything.`

export const verify: Command = {
  summary: 'compare Redis with Postgres',
  async run(args) {
    const { values } = parseOptions({
      args,
      options: {
        ...SELECTION_OPTIONS,
        json: { type: 'boolean' },
        ...STORE_OPTIONS,
        help: { type: 'boolean' },
      },
    })
    if (values.help) {
      console.log(HELP)
      return 0
    }
    const settings = await kindSettings(values)
    const selection = parseSelection(values, settings.kind)
    const stores = await connect(settings)
    const listed: Difference[] = []
    try {
      const result = await compareSelected({ command: 'verify', values }, stores, selection, difference => {
        if (listed.length < LISTED) listed.push(difference)
      })
      console.log(values.json ? JSON.stringify({ ...result, listed }) : format(result, listed, values))
      return exitCode(result, result.differences)
    } finally {
      await stores.close()
    }
  },
}

function format(
  { posts, differences, cold }: Compared,
  listed: Difference[],
  { config, kind }: KindOptions,
): string {
  const lines = [`${posts} posts compared, ${differences} differ, ${cold} not in Redis`]
  if (listed.length > 0) lines.unshift(`${formatDifferences(listed, differences)}\n`)
  const of = Object.entries({ config, kind }).flatMap(([name, value]) =>
    value ? ` ${shellOption(name, value)}` : [],
  )
  if (differences > 0) lines.push(`Repair them with: npx onecount reconcile${of.join('')}`)
  return lines.join('\n')
}
