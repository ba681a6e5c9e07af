import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { confirm } from './confirm'

describe('confirm', () => {
  it.each([
    ['\n', true],
    ['y\n', true],
    ['Yes\n', true],
    ['n\n', false],
    ['what?\n', false],
  ])('%j is %s', async (typed, expected) => {
    const input = new PassThrough()
    const asked = confirm('Write these files?', input, new PassThrough())
    input.write(typed)
    expect(await asked).toBe(expected)
  })

  it('the end of the input is no', async () => {
    const input = new PassThrough()
    const asked = confirm('Write these files?', input, new PassThrough())
    input.end()
    expect(await asked).toBe(false)
  })
})
