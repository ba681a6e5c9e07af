import type { Token } from './lua-tokens'
import type { Problem, SourceLine } from './source'

const KEYWORDS = new Set(
  'and break do else elseif end false for function if in local nil not or repeat return then true until while'.split(
    ' ',
  ),
)
const KNOWN_GLOBALS = new Set(
  (
    'redis KEYS ARGV assert bit cjson cmsgpack error ipairs math next os pairs pcall rawequal rawget rawset select ' +
    'string struct table tonumber tostring type unpack xpcall'
  ).split(' '),
)
const OPENING = new Set(['do', 'then', 'repeat'])

/**
 * Finds names that are neither local nor part of Redis's Lua: Redis refuses to create globals, and to read ones that
 * do not exist, but says so only when the line runs.
 */
export function checkGlobals(tokens: readonly Token[], lines: readonly SourceLine[]): Problem[] {
  const problems: Problem[] = []
  const scopes: Set<string>[] = [new Set()]
  /** What encloses the current token: brackets, and `block` for everything that ends with `end`. */
  const enclosing: string[] = []
  /** Variables of a `for` whose `do` is still to come. */
  let loop: string[] = []

  const open = (names: readonly string[] = []) => {
    scopes.push(new Set(names))
    enclosing.push('block')
  }
  const close = () => {
    if (scopes.length > 1) scopes.pop()
    enclosing.pop()
  }
  const report = (token: Token, message: string) => {
    const { file, line } = lines[token.line]!
    problems.push({ file, line, message })
  }
  const check = (token: Token, assigned: boolean) => {
    if (scopes.some(scope => scope.has(token.text))) return
    if (!KNOWN_GLOBALS.has(token.text)) report(token, `"${token.text}" is not local: Redis refuses globals`)
    else if (assigned) report(token, `assigns to the global "${token.text}"`)
  }
  /** The names of `a, b, ...` from `start`, and the index after them. */
  const nameList = (start: number): { names: string[]; next: number } => {
    const names: string[] = []
    let next = start
    while (tokens[next]?.kind === 'name' || tokens[next]?.text === '...') {
      names.push(tokens[next]!.text)
      next += 1
      if (tokens[next]?.text !== ',') break
      next += 1
    }
    return { names, next }
  }

  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    const { kind, text } = token
    if (kind === 'operator') {
      if ('([{'.includes(text)) enclosing.push(text)
      else if (')]}'.includes(text)) enclosing.pop()
      continue
    }
    if (kind !== 'name') continue

    if (text === 'local' || text === 'for') {
      const isFunction = tokens[i + 1]?.text === 'function'
      const { names, next } = nameList(isFunction ? i + 2 : i + 1)
      if (text === 'for') loop = names
      else for (const name of names) scopes.at(-1)!.add(name)
      i = isFunction ? i : next - 1
    } else if (text === 'function') {
      let at = i + 1
      if (tokens[at]?.kind === 'name') check(tokens[at]!, true)
      while (tokens[at] && tokens[at]!.text !== '(') at += 1
      const { names, next } = nameList(at + 1)
      open(names)
      i = next
    } else if (OPENING.has(text)) {
      open(text === 'do' ? loop : [])
      if (text === 'do') loop = []
    } else if (text === 'else') {
      close()
      open()
    } else if (text === 'end' || text === 'elseif') {
      close()
    } else if (text === 'until') {
      // The condition still sees the block's locals.
      const block = scopes.at(-1)!
      close()
      for (const name of block) scopes.at(-1)!.add(name)
    } else if (!KEYWORDS.has(text)) {
      const before = tokens[i - 1]?.text ?? ''
      const after = tokens[i + 1]?.text
      const isField = before === '.' || before === ':'
      const isTableKey = enclosing.at(-1) === '{' && after === '=' && ['{', ',', ';'].includes(before)
      if (!isField && !isTableKey) check(token, after === '=')
    }
  }
  return problems
}
