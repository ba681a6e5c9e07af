/** What a document asks its reader to do, in order. */
export type Instruction = { command: string } | { patch: string }

/** The lines of `sh` blocks, without comments, and the text of `diff` blocks. */
export function readInstructions(markdown: string): Instruction[] {
  const blocks = [...markdown.matchAll(/^```(sh|diff)\n([\s\S]*?)^```$/gm)]
  return blocks.flatMap(([, language, text]): Instruction[] =>
    language === 'diff'
      ? [{ patch: text! }]
      : text!
          .split('\n')
          .map(line => line.replace(/(^|\s)#.*$/, '').trim())
          .filter(line => line !== '')
          .map(command => ({ command })),
  )
}

export interface Changed {
  files: number
  /** Lines that a person changes: one that is replaced counts once, as does one that is added or removed. */
  lines: number
  added: number
  removed: number
}

/** How much a patch changes. */
export function countChanged(patch: string): Changed {
  const changed: Changed = { files: 0, lines: 0, added: 0, removed: 0 }
  const run = { '+': 0, '-': 0 }
  const endRun = () => {
    changed.lines += Math.max(run['+'], run['-'])
    changed.added += run['+']
    changed.removed += run['-']
    run['+'] = run['-'] = 0
  }
  for (const line of patch.split('\n')) {
    const sign = line[0]
    if (line.startsWith('+++ ')) changed.files++
    if (/^(\+\+\+|---) /.test(line) || (sign !== '+' && sign !== '-')) endRun()
    else run[sign]++
  }
  endRun()
  return changed
}
