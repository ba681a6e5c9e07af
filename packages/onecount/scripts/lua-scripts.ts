import { createHash } from 'node:crypto'
import { checkGlobals } from './lua-globals'
import { parseHeader } from './lua-header'
import { expandIncludes } from './lua-include'
import { tokenize } from './lua-tokens'
import { checkUsage } from './lua-usage'
import { type Problem, templateLiteral, toLines } from './source'

/** File contents by path, relative to where the command runs. */
export type Sources = ReadonlyMap<string, string>

export interface BuiltScript {
  readonly name: string
  readonly sha1: string
  readonly source: string
}

/** Checks every script against its header and joins it with its fragments. */
export function buildScripts(
  scripts: Sources,
  fragments: Sources,
): { scripts: BuiltScript[]; problems: Problem[] } {
  const problems: Problem[] = []
  const parsedFragments = new Map(
    [...fragments].map(([file, text]) => [scriptName(file), toLines(file, text)] as const),
  )

  const built = [...scripts].map(([file, text]) => {
    const name = scriptName(file)
    const own = toLines(file, text)
    if (!/^[a-z][A-Za-z0-9-]*$/.test(name)) {
      problems.push({ file, line: 1, message: 'a script is named by letters, digits and "-"' })
    }
    const { header, problems: headerProblems } = parseHeader(name, own)
    const { lines, problems: includeProblems } = expandIncludes(own, parsedFragments)
    const tokens = tokenize(lines.map(line => line.text).join('\n'))
    const code = tokens.filter(token => token.kind !== 'comment')
    problems.push(
      ...headerProblems,
      ...includeProblems,
      ...checkUsage(header, code, lines),
      ...checkGlobals(code, lines),
    )

    const kept = new Set(code.flatMap(token => range(token.line, token.lastLine)))
    const source = `${lines.flatMap((line, index) => (kept.has(index) ? [line.text] : [])).join('\n')}\n`
    return { name, sha1: createHash('sha1').update(source).digest('hex'), source }
  })
  return { scripts: built, problems: unique(problems) }
}

/** The generated module: what the script runner imports. */
export function renderScripts(scripts: readonly BuiltScript[]): string {
  const entries = scripts.map(
    ({ name, sha1, source }) => `  ${/^\w+$/.test(name) ? name : `'${name}'`}: {
    name: '${name}',
    sha1: '${sha1}',
    source: ${templateLiteral(source)},
  },\n`,
  )
  return `// Generated from packages/onecount/lua by \`npm run generate\`. Do not edit.

import type { ScriptName } from '../core/ports'

/** A Lua script as it is sent to Redis, and the SHA-1 that EVALSHA knows it by. */
export interface Script {
  /** As its file. */
  readonly name: string
  /** For EVALSHA. */
  readonly sha1: string
  /** For EVAL. */
  readonly source: string
}

// With types of its own: those of the literals would repeat every source in the declarations of the package.
/** The Lua scripts that the engine runs, by name, for those who write a driver. */
export const SCRIPTS: Readonly<Record<ScriptName, Script>> = {
${entries.join('')}}
`
}

function scriptName(file: string): string {
  return file.replace(/^.*\//, '').replace(/\.lua$/, '')
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

/** A mistake in a fragment shows up once, however many scripts include it. */
function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map(problem => [JSON.stringify(problem), problem])).values()]
}
