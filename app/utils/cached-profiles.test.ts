import { expect, it } from 'vitest'
import { parseUsername } from './cached-profiles'

it.each([
  ['lucia_nature', 'lucia_nature'],
  ['Lucia', null],
  ['a', null],
  [`x${'a'.repeat(64)}`, null],
  ["a'; drop table profiles", null],
  ['', null],
  [undefined, null],
  [['lucia_nature', 'ana'], null],
])('takes %j for a place among the people: %j', (text, place) => {
  expect(parseUsername(text)).toBe(place)
})
