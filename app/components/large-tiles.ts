/**
 * How many of the first tiles are two columns wide and two rows high, so that the rows of a wall end evenly. A large tile takes the
 * place of four.
 *
 * @param columns a power of two
 */
export function largeTiles(tiles: number, columns: number): number {
  // `tiles + 3 * large` has to be a multiple of `columns`, and -3 is 1 modulo 2 and 4.
  return Math.min(tiles, tiles % columns)
}
