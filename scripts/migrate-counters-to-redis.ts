import { main } from '../packages/onecount/src/cli/main'

// npx onecount backfill
process.exit(await main(['backfill', ...process.argv.slice(2)]))
