import { parseArgs } from 'node:util'
import { connect } from './connect'
import { formatDifferences } from './differences'
import type { Command } from './main'
import { compareSelected, parseSelection, SELECTION_OPTIONS, STOPPED } from './selection'
import { readSettings } from './settings'
import type { Difference } from './verify'

const HELP = `Compares what Redis shows with what Postgres holds, post by post: the count, and who likes it. Changes nothing.

  npx onecount verify [options]

  --post ID    this post alone
  --sample N   N posts, chosen at random
  --after ID   go on after this post
  --json       one JSON object on stdout
  --help

What is on its way between the stores is not a difference, and neither is a post that Redis does not hold: its next
reader brings it there. Exit code: 0 equal, 1 differences, 2 could not check, 130 stopped.`

/** Differences that are printed; all of them are counted. */
const LISTED = 100

export const verify: Command = {
  summary: 'compare Redis with Postgres',
  async run(args) {
    const { values } = parseArgs({
      args,
      options: { ...SELECTION_OPTIONS, json: { type: 'boolean' }, help: { type: 'boolean' } },
    })
    if (values.help) {
      console.log(HELP)
      return 0
    }
    const selection = parseSelection(values)
    const stores = await connect(readSettings())
    const listed: Difference[] = []
    try {
      const result = await compareSelected('npx onecount verify', stores, selection, difference => {
        if (listed.length < LISTED) listed.push(difference)
      })
      if (!result) return STOPPED
      if (values.json) console.log(JSON.stringify({ ...result, listed }))
      else {
        if (listed.length > 0) console.log(`${formatDifferences(listed)}\n`)
        console.log(
          `${result.posts} posts compared, ${result.differences} differ, ${result.cold} not in Redis`,
        )
        if (result.differences > 0) console.log('Mend them with: npx onecount reconcile')
      }
      return result.differences > 0 ? 1 : 0
    } finally {
      await stores.close()
    }
  },
}
