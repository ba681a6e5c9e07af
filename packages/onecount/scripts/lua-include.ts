import type { Problem, SourceLine } from './source'

const INCLUDE = /^\s*--\s*include:\s*(\S+)\s*$/

/** The fragment a line asks for, as in `-- include: apply`, or undefined. */
export function includedName(text: string): string | undefined {
  return INCLUDE.exec(text)?.[1]
}

/**
 * Replaces every include line by the fragment it names. A fragment may include others; each comes in once, where it
 * is first asked for, so that whatever follows can use it.
 */
export function expandIncludes(
  script: readonly SourceLine[],
  fragments: ReadonlyMap<string, readonly SourceLine[]>,
): { lines: SourceLine[]; problems: Problem[] } {
  const problems: Problem[] = []
  const done = new Set<string>()

  const expand = (lines: readonly SourceLine[], open: readonly string[]): SourceLine[] =>
    lines.flatMap(line => {
      const name = includedName(line.text)
      if (name === undefined) return [line]
      const fail = (message: string): SourceLine[] => {
        problems.push({ file: line.file, line: line.line, message })
        return []
      }
      if (open.includes(name)) return fail(`fragments include each other: ${[...open, name].join(' -> ')}`)
      if (done.has(name)) return []
      const fragment = fragments.get(name)
      if (!fragment) return fail(`no fragment "includes/${name}.lua"`)
      done.add(name)
      return expand(fragment, [...open, name])
    })

  return { lines: expand(script, []), problems }
}
