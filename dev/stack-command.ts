import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { sendCommand } from '@onecount/dev-stack/control'

const HELP = `Stops and starts a store of the stack that runs (npm run dev, npm start), to see the application without it, and
lets other things go wrong (npm run dev).

  npm run stack stop redis
  npm run stack start redis
  npm run stack stop supabase
  npm run stack start supabase
  npm run stack status

  npm run stack begin slow
  npm run stack end slow
  npm run stack faults         lists the faults: lose-redis, cut, kill-app and others; and those that are on

  -- --data DIR   the folder of that stack, .onecount`

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { data: { type: 'string' }, help: { type: 'boolean' } },
  })
  if (values.help || positionals.length === 0) {
    console.log(HELP)
    process.exitCode = values.help ? 0 : 2
  } else {
    console.log(
      await sendCommand(values.data ?? join(resolve(import.meta.dirname, '..'), '.onecount'), positionals),
    )
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
