import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Linux counts the time of processors in hundredths of a second, whatever the machine. */
const TICKS_PER_SECOND = 100

/** Seconds that the processors have spent on a process, its children, and those of them that have ended; NaN where the system does not say. */
export function processorSeconds(pid: number): number {
  if (!existsSync('/proc/self/stat')) return Number.NaN
  let ticks = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const fields = statOf(name)
    if (!fields) continue
    const [parent, user, system, usersOfEnded, systemOfEnded] = fields
    if (Number(name) === pid) ticks += user + system + usersOfEnded + systemOfEnded
    else if (parent === pid) ticks += user + system
  }
  return ticks / TICKS_PER_SECOND
}

type Stat = [parent: number, user: number, system: number, userOfEnded: number, systemOfEnded: number]

function statOf(pid: string): Stat | null {
  try {
    // The name of the program, in brackets, may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    return [1, 11, 12, 13, 14].map(i => Number(fields[i])) as Stat
  } catch {
    return null
  }
}
