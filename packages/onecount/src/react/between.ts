/** Between these two, at random: so that pages do not all ask at once. */
export const between = ([least, most]: readonly [number, number]): number =>
  least + Math.random() * (most - least)
