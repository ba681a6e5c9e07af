import { parseArgs } from 'node:util'
import { ClusterRedis } from './cluster'
import { CLUSTER_FAULTS, FAULTS, type Fault } from './faults'
import { FUNCTION_FAULTS, FUNCTION_PEOPLE, Functions } from './functions'
import { SingleRedis } from './single-redis'
import type { StartStore } from './stack'

export interface Options {
  /** Rounds, each with one fault; at least one. */
  plan: Fault[]
  startStore: StartStore
  /** How many press; undefined: as many as a drill has. */
  people?: number
  json: boolean
}

interface Drilled {
  faults: readonly Fault[]
  start: StartStore
  people?: number
}

const SINGLE: Drilled = { faults: FAULTS, start: SingleRedis.start }
const CLUSTER: Drilled = { faults: CLUSTER_FAULTS, start: ClusterRedis.start }
const FUNCTIONS: Drilled = { faults: FUNCTION_FAULTS, start: Functions.start, people: FUNCTION_PEOPLE }

/** Options of the command line; null: the help. @throws RangeError, or TypeError of parseArgs, on wrong usage */
export function readOptions(args: string[]): Options | null {
  const { values } = parseArgs({
    args,
    options: {
      kills: { type: 'string' },
      links: { type: 'string' },
      cluster: { type: 'boolean' },
      functions: { type: 'boolean' },
      short: { type: 'boolean' },
      only: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return null
  const once = values.short ? 1 : undefined
  const kills = whole('kills', values.kills, once ?? 200)
  const links = whole('links', values.links, once ?? 20)
  if (values.cluster && values.functions)
    throw new RangeError('--cluster and --functions are two drills: ask for one of them')
  const { faults, start, people } = values.functions ? FUNCTIONS : values.cluster ? CLUSTER : SINGLE
  const chosen = faults.filter(({ name }) => name.includes(values.only))
  if (chosen.length === 0) throw new RangeError(`--only ${values.only}: no fault has that in its name`)
  const plan = planOf(chosen, kills, links)
  if (plan.length === 0)
    throw new RangeError(`--kills ${kills} and --links ${links} leave no round of the chosen faults`)
  return { plan, startStore: start, people, json: values.json }
}

function planOf(chosen: readonly Fault[], kills: number, links: number): Fault[] {
  return Array.from({ length: Math.max(kills, links) }, (_, round) =>
    chosen.filter(({ isKill }) => round < (isKill ? kills : links)),
  ).flat()
}

function whole(name: string, value: string | undefined, fallback: number): number {
  const number = value === undefined ? fallback : Number(value)
  if (!Number.isSafeInteger(number) || number < 0)
    throw new RangeError(`--${name} ${value} is no whole number`)
  return number
}
