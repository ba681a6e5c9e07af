export type TokenKind = 'name' | 'number' | 'string' | 'operator' | 'comment'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** Index of the first and of the last line the token stands on. */
  readonly line: number
  readonly lastLine: number
}

const NAME = /[A-Za-z_]\w*/y
const NUMBER = /0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y
const LONG_OPEN = /\[(=*)\[/y
const QUOTED = /"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'/y
const OPERATOR = /\.\.\.|\.\.|==|~=|<=|>=|[\s\S]/y

/**
 * Splits Lua 5.1 source into tokens, comments included, white space left out. Never fails: what is not Lua comes
 * out as one-character operators, and Redis itself is the judge of syntax.
 */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  let line = 0

  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(source)
  }
  const push = (kind: TokenKind, text: string) => {
    const lastLine = line + (text.match(/\n/g)?.length ?? 0)
    tokens.push({ kind, text, line, lastLine })
    at += text.length
    line = lastLine
  }
  /** The text from here to the end of a long bracket that opens at `offset`, or undefined when none opens there. */
  const longBracket = (offset: number): string | undefined => {
    LONG_OPEN.lastIndex = at + offset
    const open = LONG_OPEN.exec(source)
    if (!open) return undefined
    const close = `]${open[1]}]`
    const end = source.indexOf(close, at + offset + open[0].length)
    return source.slice(at, end === -1 ? undefined : end + close.length)
  }

  while (at < source.length) {
    const char = source[at]!
    if (char === '\n') line += 1
    if (/\s/.test(char)) {
      at += 1
      continue
    }
    if (source.startsWith('--', at)) {
      const newline = source.indexOf('\n', at)
      push('comment', longBracket(2) ?? source.slice(at, newline === -1 ? undefined : newline))
      continue
    }
    const long = longBracket(0)
    const name = match(NAME)
    const number = match(NUMBER)
    const quoted = match(QUOTED)
    if (long !== undefined) push('string', long)
    else if (name) push('name', name[0])
    else if (number) push('number', number[0])
    else if (quoted) push('string', quoted[0])
    else push('operator', match(OPERATOR)![0])
  }
  return tokens
}
