import { parseArgs } from 'node:util'
import { ClusterRedis } from './cluster'
import { CLUSTER_FAULTS, FAULTS, type Fault } from './faults'
import { SingleRedis } from './single-redis'
import type { StartStore } from './stack'

export interface Options {
  /** Rounds, each with one fault; at least one. */
  plan: Fault[]
  startStore: StartStore
  json: boolean
}

/** What is asked for; null: the help. @throws RangeError, or TypeError of parseArgs, on wrong usage */
export function readOptions(args: string[]): Options | null {
  const { values } = parseArgs({
    args,
    options: {
      kills: { type: 'string' },
      links: { type: 'string' },
      cluster: { type: 'boolean' },
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
  const faults = values.cluster ? CLUSTER_FAULTS : FAULTS
  const chosen = faults.filter(({ name }) => name.includes(values.only))
  if (chosen.length === 0) throw new RangeError(`--only ${values.only}: no fault has that in its name`)
  const plan = planOf(chosen, kills, links)
  if (plan.length === 0)
    throw new RangeError(`--kills ${kills} and --links ${links} leave no round of what is chosen`)
  const { start } = values.cluster ? ClusterRedis : SingleRedis
  return { plan, startStore: start, json: values.json }
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
