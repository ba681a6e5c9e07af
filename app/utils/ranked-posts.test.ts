import { expect, it } from 'vitest'
import { byLikes } from './ranked-posts'

const post = (id: string, likes: number | null) => ({ id, likes })

it('ranks by the exact count, equal ones by id, the greatest first, unknown ones last', () => {
  const ranked = byLikes([
    post('a1', 3),
    post('9f', null),
    post('b2', 3),
    post('00', 447),
    post('f0', null),
    post('0a', 3),
  ])
  expect(ranked.map(({ id }) => id)).toEqual(['00', 'b2', 'a1', '0a', 'f0', '9f'])
})

it('gives one order, whatever order they came in', () => {
  const posts = ['e', 'c', 'a', 'd', 'b'].map(id => post(id, 7))
  expect(byLikes(posts)).toEqual(byLikes([...posts].reverse()))
})
