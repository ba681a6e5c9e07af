/** Everything that a page needs only after its first paint, in a file of its own: `later` loads it. */
export { openRegion } from './announce'
export { complete, drop, explain, holdBack, seed } from './judge'
export { lookAfter } from './look-after'
export { noteDate } from './note-date'
export { refusalIn } from './refusal-in'
export { resolve } from './resolve'
export { restamp } from './restamp'
export { tell } from './tell'
