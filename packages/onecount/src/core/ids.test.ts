import { describe, expect, it } from 'vitest'
import { isPostId, isSessionId } from './ids'
import { DEFAULT_KIND } from './kind'
import { type Ids, idsOf } from './kind-ids'

const { assertPostId, assertSessionId }: Ids = idsOf(DEFAULT_KIND)

const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'

describe('post ids', () => {
  it('are UUIDs in lower case', () => {
    expect(isPostId(POST)).toBe(true)
  })

  it.each([
    POST.toUpperCase(),
    POST.replaceAll('-', ''),
    `{${POST}}`,
    `${POST}\n`,
    ` ${POST}`,
    `${POST}0`,
    '',
    'x',
    '123',
    null,
    undefined,
    42,
    [POST],
  ])('are not %j', id => {
    expect(isPostId(id)).toBe(false)
  })

  it('that are malformed are refused by name', () => {
    expect(() => assertPostId('x')).toThrow(
      expect.objectContaining({
        code: 'invalid_post_id',
        status: 400,
        options: { field: 'postId', detail: 'got "x", use a UUID in lower case' },
      }),
    )
    expect(() => assertPostId(POST)).not.toThrow()
  })
})

describe('session ids', () => {
  it.each(['a', '123', 'user:1', 'A_b-c.d:e', 'f'.repeat(128), POST])('may be %s', id => {
    expect(isSessionId(id)).toBe(true)
  })

  it.each([
    ['empty', ''],
    ['too long', 'f'.repeat(129)],
    ['with the separator of pending ops', 'a|b'],
    ['like a mark of the queue', '!epoch'],
    ['with a space', 'a b'],
    ['with a line break', 'a\n'],
    ['with a quote', 'a"b'],
    ['with braces', '{a}'],
    ['above the separator', 'a~'],
    ['not ASCII', 'ñ'],
    ['beginning with a dash', '-a'],
    ['not a string', 7],
  ])('are not %s', (_, id) => {
    expect(isSessionId(id)).toBe(false)
  })

  it('that are malformed are refused by name', () => {
    expect(() => assertSessionId('a|b')).toThrow(
      expect.objectContaining({ code: 'invalid_session', options: { field: 'sessionId' } }),
    )
  })
})
