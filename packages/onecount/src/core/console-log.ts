import type { Logger } from './ports'

/** Where an engine writes that was given no log: each line says whose it is. */
export const CONSOLE: Logger = { warn: message => console.warn(`[onecount] ${message}`) }
