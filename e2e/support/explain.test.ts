import { describe, expect, it } from 'vitest'
import { assertExplained, type Rule } from './explain'
import { type Entry, entriesOf, parseCount } from './recorder'

const POST = 'polar-bear'
let clock = 0

function shown(text: string, more: Partial<Entry> = {}): Entry {
  clock += 1
  return {
    kind: 'shown',
    at: clock,
    time: clock,
    url: '/rank',
    postId: POST,
    label: 'Oso polar',
    text,
    visible: true,
    pressed: false,
    why: 'changed',
    tab: 1,
    count: parseCount(text),
    ...more,
  }
}
const press = (more: Partial<Entry> = {}) => shown('Like', { kind: 'press', ...more })

function explain(entries: Entry[], rule: Partial<Rule> & Pick<Rule, 'counts'>): string | undefined {
  try {
    assertExplained({ entries, of: post => entriesOf(entries, post) }, { post: POST, ...rule })
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

describe('a walk with own presses', () => {
  const rule = { counts: [446, 447], presses: 'own' } as const

  it('is explained when every number before the press is the old one and every one after it the new', () => {
    const walk = [
      shown('446'),
      press(),
      shown('447'),
      shown('447', { url: '/' }),
      shown('447', { why: 'restored' }),
    ]
    expect(explain(walk, rule)).toBeUndefined()
  })

  it('is not when the old number comes back, even in a hidden view', () => {
    const walk = [shown('446'), press(), shown('447')]
    expect(explain([...walk, shown('446', { url: '/' })], rule)).toMatch(
      /^446 is shown after 1 presses, where 447/,
    )
    const hidden = [...walk, shown('446', { visible: false })]
    expect(explain(hidden, rule)).toContain('446 (hidden)')
    expect(explain(hidden, { ...rule, hidden: false })).toBeUndefined()
  })

  it('is not when the new number is there before the press, or one too many after it', () => {
    expect(explain([shown('447'), press()], rule)).toMatch(/^447 is shown after 0 presses/)
    expect(explain([shown('446'), press(), shown('448')], rule)).toMatch(/^448 is shown after 1 presses/)
  })

  it('goes back when the like is undone', () => {
    const walk = [shown('446'), press(), shown('447'), press(), shown('446')]
    expect(explain(walk, { ...rule, counts: [446, 447, 446] })).toBeUndefined()
  })
})

describe('a walk with the presses of others', () => {
  const rule = { counts: [446, 447, 448] }

  it('may lag and skip, but not go back', () => {
    expect(explain([shown('446'), shown('446'), shown('448')], rule)).toBeUndefined()
    expect(explain([shown('447'), shown('446')], rule)).toMatch(/^446 is shown again after 447/)
    expect(explain([shown('446'), shown('450')], rule)).toMatch(/^450 is not explained/)
  })

  it('is judged in each tab by itself', () => {
    expect(explain([shown('447'), shown('446', { tab: 2 }), shown('447', { tab: 2 })], rule)).toBeUndefined()
    expect(explain([shown('446'), shown('447', { tab: 2 }), shown('446', { tab: 2 })], rule)).toMatch(
      /> tab 2/,
    )
  })
})

describe('any walk', () => {
  it('must have shown the post', () => {
    expect(explain([], { counts: [446] })).toMatch(/ever visible/)
    expect(explain([shown('446', { visible: false })], { counts: [446] })).toMatch(/ever visible/)
    expect(explain([shown('446', { postId: 'other', label: '' })], { counts: [446] })).toMatch(/ever visible/)
  })

  it('shows a dash only where unknown is explained; an element still without text is no number', () => {
    expect(explain([shown('446'), shown('–')], { counts: [446] })).toMatch(/^"–" is no count/)
    expect(explain([shown('446'), shown('–')], { counts: [446], unknown: true })).toBeUndefined()
    expect(explain([shown(''), shown('446')], { counts: [446], presses: 'own' })).toBeUndefined()
  })
})

describe('a count in a text', () => {
  it.each([
    ['447', 447],
    ['447 likes', 447],
    ['1,234', 1234],
    ['1.234.567 likes', 1_234_567],
    ['12\u00a0345', 12_345],
    ['12345', 12_345],
    ['–', null],
    ['', null],
  ])('%j is %s', (text, count) => expect(parseCount(text)).toBe(count))
})
