import { createInterface } from 'node:readline/promises'
import type { Readable, Writable } from 'node:stream'

/** Asks a question that Enter, y and yes agree to; the end of the input does not. */
export async function confirm(question: string, input: Readable, output: Writable): Promise<boolean> {
  const lines = createInterface({ input, output })
  const ended = new Promise<string>(resolve => lines.once('close', () => resolve('no')))
  try {
    const answer = await Promise.race([lines.question(`${question} [Y/n] `), ended])
    return /^(y|yes)?$/i.test(answer.trim())
  } finally {
    lines.close()
  }
}
