import type { Part } from '../part'

/**
 * Carries out `stop PART`, `start PART` or `status` on the stores that run here.
 *
 * @returns what to print
 * @throws Error naming what cannot be done
 */
export async function answerCommand(parts: readonly Part[], words: readonly string[]): Promise<string> {
  const [verb, id] = words
  if (verb === 'status') {
    return parts.map(part => `${part.id}: ${part.isRunning() ? 'running' : 'stopped'}`).join('\n')
  }
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
  throw new Error(`${verb || 'Nothing'} is no command: use stop, start or status`)
}
