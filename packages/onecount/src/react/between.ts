/** Between these two, at random: so that pages do not all ask at once. */
export const between = ([least, most]: readonly [number, number]): number =>
  least + Math.random() * (most - least)

/** After an outage everybody joins again in the same moment: the read that catches up comes within, milliseconds. */
export const REJOIN_SPREAD_MS = 5000
/** The first read after a join comes within, milliseconds. */
export const JOIN_SPREAD_MS = 250
