import { describe, expect, it } from 'vitest'
import { type ActorType, DEFAULT_KIND, type IdType } from './kind'
import { type Ids, idsOf, NIL_UUID } from './kind-ids'
import { parseVariantId, variantId, variantIds } from './variants'

const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'

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
  it('are texts that a key can hold', () => {
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
  it('are UUIDs in lower case, but not the UUID of zeros', () => {
    expect(isSessionId(POST)).toBe(true)
    for (const id of [NIL_UUID, POST.toUpperCase(), 'ana', '']) expect(isSessionId(id), id).toBe(false)
  })
})

describe('post ids with a variant', () => {
  const ids = idsOf({
    ...DEFAULT_KIND,
    variants: ['👍', '❤️', 'heart'],
    rows: { ...DEFAULT_KIND.rows, variant: 'emoji' },
  })
  it('are a target and one of the variants', () => {
    for (const variant of ['👍', '❤️', 'heart']) expect(ids.isPostId(variantId(POST, variant))).toBe(true)
    for (const id of [
      POST,
      `${POST}~`,
      `${POST}~🐻`,
      `${POST}~heart~heart`,
      `${POST}heart`,
      `x~heart`,
      '~heart',
    ])
      expect(ids.isPostId(id), id).toBe(false)
    expect(parseVariantId(variantId(POST, '👍'))).toEqual({ targetId: POST, variant: '👍' })
    expect(parseVariantId(POST)).toBeNull()
  })

  it('are in the partition of their target, with which they go', () => {
    const all = ['👍', '❤️', 'heart'].map(variant => variantId(POST, variant))
    for (const id of all) {
      expect(ids.partitionOf(id, 7)).toBe(idsOf(DEFAULT_KIND).partitionOf(POST, 7))
      expect(ids.removedWith(id)).toEqual(all)
    }
    expect(idsOf(DEFAULT_KIND).removedWith(POST)).toEqual([POST])
  })

  it('are in the order of their bytes, which UTF-16 does not have', () => {
    const texts = ['a', 'ab', 'ñ', '\u{1f44d}', '\ufe0f', 'a\ufe0f', 'a\u{1f44d}', '', 'b', '\u{1f44d}a']
    const byBytes = [...texts].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    expect([...texts].sort(ids.postOrder!)).toEqual(byBytes)
    expect([...texts].sort()).not.toEqual(byBytes)
  })

  it('are made of every variant of targets, or are the targets where there are none', () => {
    expect(variantIds({ variants: ['a', 'b'] }, ['1', '2'])).toEqual(['1~a', '1~b', '2~a', '2~b'])
    expect(variantIds({}, ['1', '2'])).toEqual(['1', '2'])
  })
})

describe('an id that is malformed', () => {
  it.each([
    ['uuid', 'x', 'use a UUID in lower case'],
    ['bigint', '01', 'use a whole number, as Postgres writes it'],
    ['text', 'a|b', 'use 1 to 128 letters, digits, _ - . :'],
  ] as const)('of a %s is refused in words of its kind: %s', (type, id, words) => {
    const refusal = { code: 'invalid_post_id', message: expect.stringContaining(`got "${id}", ${words}`) }
    expect(() => idsWith(type).assertPostId(id)).toThrow(expect.objectContaining(refusal))
  })

  it('of an actor too', () => {
    const messageOf = (ids: Ids) => {
      try {
        ids.assertSessionId('a|b')
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(messageOf(idsWith('bigint', 'uuid'))).toContain('of this kind a UUID in lower case')
    expect(messageOf(idsWith('bigint', 'text'))).toBe(
      'The session id is malformed: use 1 to 128 letters, digits, _ - . :',
    )
  })
})
