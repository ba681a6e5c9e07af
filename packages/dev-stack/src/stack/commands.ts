import type { Part } from '../part'
import type { Fault } from './faults'

/**
 * Carries out `stop PART`, `start PART` or `status` on the stores that run here, and `begin FAULT`, `end FAULT` or
 * `faults` on what can go wrong.
 *
 * @returns what to print
 * @throws Error naming what cannot be done
 */
export async function answerCommand(
  parts: readonly Part[],
  words: readonly string[],
  faults: readonly Fault[] = [],
): Promise<string> {
  const [verb, id] = words
  if (verb === 'status') {
    return parts.map(part => `${part.id}: ${part.isRunning() ? 'running' : 'stopped'}`).join('\n')
  }
  if (verb === 'faults') return faults.map(describe).join('\n')
  if (verb === 'begin' || verb === 'end') return turn(faults, verb, id)
  const part = parts.find(part => part.id === id)
  if (!part) {
    const others = parts.map(part => part.id).join(', ') || 'no store'
    throw new Error(`${id || 'Nothing'} does not run here: this stack has started ${others}`)
  }
  if (verb === 'stop') {
    await part.stop()
    return `${part.name} is stopped: the application goes on. \`npm run stack start ${part.id}\` starts it again.`
  }
  if (verb === 'start') {
    await part.start()
    return `${part.name} runs.`
  }
  throw new Error(`${verb || 'Nothing'} is no command: use stop, start or status, and begin, end or faults`)
}

/** `slow: off`, `kill-app: off, and cannot begin: …` */
function describe(fault: Fault): string {
  const refusal = fault.isOn() ? null : fault.refusal()
  return `${fault.id}: ${fault.isOn() ? 'on' : 'off'}${refusal === null ? '' : `, and cannot begin: ${refusal}`}`
}

async function turn(
  faults: readonly Fault[],
  verb: 'begin' | 'end',
  id: string | undefined,
): Promise<string> {
  const fault = faults.find(fault => fault.id === id)
  if (!fault) {
    const others =
      faults.map(fault => fault.id).join(', ') || 'none: that is `npm run dev` on this machine alone'
    throw new Error(`${id || 'Nothing'} is no fault that can ${verb} here: there is ${others}`)
  }
  if (verb === 'end') {
    await fault.end()
    return `${fault.id} is over.`
  }
  const refusal = fault.isOn() ? null : fault.refusal()
  if (refusal !== null) throw new Error(refusal)
  await fault.begin()
  return `${fault.id} has begun. \`npm run stack end ${fault.id}\` ends it.`
}
