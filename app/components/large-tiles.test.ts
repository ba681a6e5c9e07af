import { describe, expect, it } from 'vitest'
import { largeTiles } from './large-tiles'

describe('the large tiles of a wall', () => {
  it.each([2, 4])('make the rows of %i columns end evenly', columns => {
    for (let tiles = 0; tiles <= 40; tiles++) {
      const large = largeTiles(tiles, columns)
      expect(large).toBeLessThan(columns)
      expect((tiles + 3 * large) % columns, `${tiles} tiles`).toBe(0)
    }
  })
})
