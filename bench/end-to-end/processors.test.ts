import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { processorSeconds } from './processors'

test('time that a process spends is counted, where the system says it', () => {
  const spent = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  }
  const [before, began] = [processorSeconds(process.pid), spent()]
  while (spent() - began < 0.2) JSON.stringify(Array.from({ length: 10_000 }))
  const difference = processorSeconds(process.pid) - before
  if (existsSync('/proc/self/stat')) expect(difference).toBeGreaterThan(0.15)
  else expect(difference).toBeNaN()
})
