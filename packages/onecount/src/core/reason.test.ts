import { describe, expect, it } from 'vitest'
import { StoreUnavailable } from './errors'
import { reasonOf } from './reason'

const of = (message: string) => reasonOf(new StoreUnavailable('redis', new Error(message)))

describe('the reason of a failure, as it is logged', () => {
  it.each([
    ["NOPERM this user has no permissions to run the 'evalsha' command"],
    ["OOM command not allowed when used memory > 'maxmemory'."],
    ['connect ECONNREFUSED 127.0.0.1:6379'],
  ])('%s, is the reply', reply => {
    expect(of(reply)).toBe(reply)
  })

  it.each([
    [
      "ERR unknown command 'EVALX', with args beginning with: 'session:ops:ana' '7'",
      "ERR unknown command 'EVALX'",
    ],
    [
      "NOPERM User likes has no permissions to access the 'session:ops:ana' key",
      'NOPERM User likes has no permissions to access the key',
    ],
    ['ERR no, command was: ["evalsha","session:ops:ana"]', 'ERR no'],
    ['several\n  lines', 'several lines'],
    ['x'.repeat(500), `${'x'.repeat(160)}…`],
  ])('%j, is without keys and arguments', (reply, shown) => {
    expect(of(reply)).toBe(shown)
  })

  it('is a text where there is no error', () => {
    expect(reasonOf(new StoreUnavailable('redis', 'the connection is end'))).toBe('the connection is end')
  })
})
