import type { Fault } from './faults'

/** A rule of the engine, and the text that is there instead when it is switched off. */
export interface Rule {
  name: string
  /** Below packages/onecount. */
  file: string
  /** Exactly once in the file. */
  find: string
  replace: string
  /** What must go wrong for the rule to matter, where a mix of everything seldom brings it together. */
  faults?: Fault[]
  /** A seed that has noticed that the rule is missing, where few do: it is the first that is run. */
  seed?: number
}

export const lua = (name: string) => `lua/${name}.lua`
export const include = (name: string) => `lua/includes/${name}.lua`
export const core = (name: string) => `src/core/${name}.ts`
export const POSTGRES = 'simulation/memory-postgres.ts'
