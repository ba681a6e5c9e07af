import type { Header } from './lua-header'
import type { Token } from './lua-tokens'
import type { Problem, SourceLine } from './source'

/** Commands whose first argument is no key. */
const KEYLESS = new Set('TIME PING ECHO INFO CONFIG COMMAND PUBLISH SPUBLISH DBSIZE WAIT'.split(' '))
/** Commands whose first argument is a subcommand, and whose second is the key. */
const SUBCOMMAND = new Set('OBJECT MEMORY XINFO XGROUP'.split(' '))

/**
 * Compares what a script uses with what its header declares: every literal index is declared and every declared one
 * used, computed indexes come with a repeated group, and no key is made up inside the script.
 *
 * @param tokens the script with its fragments, without comments
 * @param lines where each line of that text came from
 */
export function checkUsage(
  header: Header,
  tokens: readonly Token[],
  lines: readonly SourceLine[],
): Problem[] {
  const place = (token: Token) => ({ file: lines[token.line]!.file, line: lines[token.line]!.line })
  return [
    ...(['KEYS', 'ARGV'] as const).flatMap(table => checkIndexes(table, header, tokens, place)),
    ...checkCalls(tokens, place),
  ]
}

type Place = (token: Token) => { file: string; line: number }

function checkIndexes(
  table: 'KEYS' | 'ARGV',
  header: Header,
  tokens: readonly Token[],
  place: Place,
): Problem[] {
  const { fixed, lines, group } = header[table]
  const problems: Problem[] = []
  const used = new Set<number>()
  let computed: Token | undefined

  tokens.forEach((token, i) => {
    if (token.kind !== 'name' || token.text !== table) return
    const literal = tokens[i + 1]?.text === '[' && tokens[i + 3]?.text === ']' ? tokens[i + 2] : undefined
    if (literal?.kind !== 'number') {
      computed ??= token
      return
    }
    const index = Number(literal.text)
    used.add(index)
    if (index < 1 || (index > fixed && !group)) {
      problems.push({ ...place(token), message: `${table}[${literal.text}] is used but not declared` })
    }
  })

  for (const [index, { file, line }] of lines) {
    if (!used.has(index)) problems.push({ file, line, message: `${table} ${index} is declared but not used` })
  }
  if (computed && !group) {
    const message = `${table} is used through a computed index, but the header declares no repeated group "${fixed + 1}.."`
    problems.push({ ...place(computed), message })
  }
  if (group && !computed) {
    const message = `${table} "${fixed + 1}.." is declared, but no computed index uses it`
    problems.push({ file: group.file, line: group.line, message })
  }
  return problems
}

function checkCalls(tokens: readonly Token[], place: Place): Problem[] {
  const problems: Problem[] = []
  tokens.forEach((token, i) => {
    const text = (offset: number) => tokens[i + offset]?.text
    if (token.text !== 'redis' || text(1) !== '.' || !/^p?call$/.test(text(2) ?? '') || text(3) !== '(')
      return
    const command = tokens[i + 4]
    if (command?.kind !== 'string') return
    const name = command.text.slice(1, -1).toUpperCase()
    if (KEYLESS.has(name) || text(5) !== ',') return

    const first = argument(tokens, i + 6)
    const key = SUBCOMMAND.has(name) ? argument(tokens, i + 6 + first.length + 1) : first
    if (key.length === 1 && key[0]!.kind === 'string') {
      problems.push({
        ...place(token),
        message: `${name} on the literal key ${key[0]!.text}: pass it in KEYS`,
      })
    } else if (key.some(part => part.text === '..')) {
      problems.push({
        ...place(token),
        message: `${name} on a key put together in the script: pass it in KEYS`,
      })
    }
  })
  return problems
}

/** The tokens of one call argument that starts at `start`. */
function argument(tokens: readonly Token[], start: number): Token[] {
  let depth = 0
  let end = start
  for (; end < tokens.length; end++) {
    const { kind, text } = tokens[end]!
    if (kind !== 'operator') continue
    if (depth === 0 && (text === ',' || text === ')')) break
    if ('([{'.includes(text)) depth += 1
    if (')]}'.includes(text)) depth -= 1
  }
  return tokens.slice(start, end)
}
