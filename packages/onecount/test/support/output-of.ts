import type { ChildProcess } from 'node:child_process'

/** What a process prints, as it stands while it runs. */
export function outputOf({ stdout, stderr }: ChildProcess): { out: string; err: string } {
  const output = { out: '', err: '' }
  stdout!.on('data', data => {
    output.out += data
  })
  stderr!.on('data', data => {
    output.err += data
  })
  return output
}
