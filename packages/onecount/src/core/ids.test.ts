import { describe, expect, it } from 'vitest'
import { assertPostId, assertSessionId, idsOf, isPostId, isSessionId, NOBODY } from './ids'
import { type ActorType, DEFAULT_KIND, type IdType } from './kind'

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
      expect.objectContaining({ code: 'invalid_post_id', status: 400, options: { field: 'postId' } }),
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

const idsWith = (id: IdType, actorType: ActorType = 'text') =>
  idsOf({
    ...DEFAULT_KIND,
    target: { ...DEFAULT_KIND.target, id },
    rows: { ...DEFAULT_KIND.rows, actorType },
  })

describe('post ids that are bigints', () => {
  const { isPostId } = idsWith('bigint')
  it.each(['0', '1', '-1', '9007199254740993', '9223372036854775807', '-9223372036854775807'])(
    'may be %s',
    id => {
      expect(isPostId(id)).toBe(true)
    },
  )

  it.each([
    '',
    '01',
    '-0',
    '+1',
    '1.0',
    '1e3',
    ' 1',
    '1\n',
    '9223372036854775808',
    '-9223372036854775808',
    'a',
    7,
    7n,
  ])('are not %s', id => {
    expect(isPostId(id)).toBe(false)
  })

  it('are divided as mod() does, negative ones too', () => {
    const { partitionOf } = idsWith('bigint')
    expect(['7', '-1', '9223372036854775807'].map(id => partitionOf(id, 4))).toEqual([3, 3, 3])
    expect(partitionOf('-5', 1)).toBe(0)
  })
})

describe('post ids that are text', () => {
  const { isPostId, partitionOf } = idsWith('text')
  it('are what a key can hold', () => {
    for (const id of ['a', '10', 'polar-bear:2.1', '_x', 'f'.repeat(128)]) expect(isPostId(id), id).toBe(true)
    for (const id of ['', 'a|b', '!a', '-a', 'a b', 'ñ', 'f'.repeat(129), 7]) expect(isPostId(id)).toBe(false)
  })

  it('are spread over the partitions', () => {
    const counts = [0, 0, 0, 0]
    for (let n = 0; n < 400; n++) counts[partitionOf(`article-${n}`, 4)]!++
    for (const count of counts) expect(count).toBeGreaterThan(70)
  })
})

describe('actors that are UUIDs', () => {
  const { isSessionId } = idsWith('uuid', 'uuid')
  it('are UUIDs in lower case, and never nobody', () => {
    expect(isSessionId(POST)).toBe(true)
    for (const id of [NOBODY, POST.toUpperCase(), 'ana', '']) expect(isSessionId(id), id).toBe(false)
  })
})
