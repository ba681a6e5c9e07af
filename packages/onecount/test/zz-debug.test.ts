import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { runCommands } from './support/machine'
import { startStores } from './support/stores'
it('replays', async () => {
  const stores = await startStores()
  const real = stores.ports()
  const short = (x: unknown) => JSON.stringify(x)?.replaceAll('70070000-0000-4000-8000-00000000000', 'P').slice(0, 600)
  const ports = {
    redis: { async run(s: any, k: any, a: any) { const r = await real.redis.run(s, k, a); console.log('R', s, short(a), '->', short(r)); return r } },
    postgres: new Proxy(real.postgres, { get: (t: any, m: string) => async (...a: any[]) => { const r = await t[m](...a); console.log('P', m, short(a), '->', short(r)); return r } }),
  } as any
  const commands = JSON.parse(readFileSync('/tmp/dbg/commands.json', 'utf8'))
  try { await runCommands(stores, ports, commands) } finally { await stores.stop() }
  expect(1).toBe(1)
})
