/** One line of a source file, still knowing where it came from after files have been joined. */
export interface SourceLine {
  readonly text: string
  readonly file: string
  /** 1-based. */
  readonly line: number
}

/** Something wrong in a source, with the place to look at. */
export interface Problem {
  readonly file: string
  readonly line: number
  readonly message: string
}

/** The lines of `text`, with any line ending and without the empty one after the last newline. */
export function toLines(file: string, text: string): SourceLine[] {
  return text
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .map((line, index) => ({ text: line, file, line: index + 1 }))
}

/** `file:line: message`, the form editors turn into a link. */
export function formatProblem({ file, line, message }: Problem): string {
  return `${file}:${line}: ${message}`
}

/** `text` as a TypeScript template literal that evaluates to exactly `text`. */
export function templateLiteral(text: string): string {
  return `\`${text.replace(/[`\\]|\$(?=\{)/g, '\\$&').replaceAll('\r', '\\r')}\``
}
