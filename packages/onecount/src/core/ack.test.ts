import { describe, expect, it } from 'vitest'
import { parseAck } from './ack'

describe('parseAck', () => {
  it.each([
    [undefined, 'redis'],
    ['', 'redis'],
    ['redis', 'redis'],
    [' postgres ', 'postgres'],
  ])('reads %j as %s', (text, ack) => {
    expect(parseAck(text)).toBe(ack)
  })

  it.each(['none', 'Postgres', 'redis,postgres'])('refuses %j and names the setting', text => {
    const error = expect.objectContaining({
      code: 'misconfigured',
      message: expect.stringContaining(`ONECOUNT_ACK: "${text}" is neither redis nor postgres`),
      options: expect.objectContaining({ field: 'ONECOUNT_ACK' }),
    })
    expect(() => parseAck(text)).toThrow(error)
  })
})
