import { describe, expect, it } from 'vitest'
import { cutFrames } from './frames'

const SET = '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$2\r\n\r\n\r\n'
const PUT = 'PUT / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody'
const GET = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'

describe.each([
  ['resp', SET, '*1\r\n$4\r\nPING\r\n'],
  ['http', PUT, GET],
] as const)('requests of %s', (protocol, one, other) => {
  it('are cut off whole, and the beginning of the next one stays', () => {
    const whole = Buffer.from(one + other)
    for (let length = 0; length < whole.length; length++) {
      const { frames, rest } = cutFrames(protocol, whole.subarray(0, length))
      expect(frames.map(String)).toEqual(length < one.length ? [] : [one])
      expect(Buffer.concat([...frames, rest])).toEqual(whole.subarray(0, length))
    }
    expect(cutFrames(protocol, whole).frames.map(String)).toEqual([one, other])
  })
})
