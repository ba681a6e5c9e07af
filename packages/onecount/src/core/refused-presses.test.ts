import { expect, it } from 'vitest'
import { StoreUnavailable } from './errors'
import { createRefusedPresses } from './refused-presses'

it('each cause is logged once in ten minutes, also where several take turns, and known for a minute', () => {
  let now = 0
  const said: string[] = []
  const refused = createRefusedPresses({ warn: line => void said.push(line) }, () => now)
  const note = (reply: string) => refused.note(new StoreUnavailable('redis', reply))
  for (now = 1000; now < 500_000; now += 1000) {
    note("OOM command not allowed when used memory > 'maxmemory'.")
    note('NOREPLICAS Not enough good replicas to write.')
  }
  expect(said).toEqual([expect.stringContaining('(OOM)'), expect.stringContaining('(NOREPLICAS)')])
  expect(refused.warning()).toContain('(NOREPLICAS)')
  note('ERR unknown command')
  now += 60_000
  expect(refused.warning()).toBeNull()
  now += 600_000
  note("OOM command not allowed when used memory > 'maxmemory'.")
  expect(said).toHaveLength(3)
})
