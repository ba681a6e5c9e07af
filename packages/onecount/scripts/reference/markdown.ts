const WIDTH = 120

/** Splits what is code in a sentence from what is not. */
const partsOf = (text: string): string[] => text.split(/(`[^`]+`)/)

/** What would be read as HTML, outside of code. */
const escaped = (text: string): string =>
  partsOf(text)
    .map(part => (part.startsWith('`') ? part : part.replace(/</g, '\\<')))
    .join('')

export type Resolve = (name: string) => string | undefined

/** A docstring as Markdown: its links, the pages that it names, and nothing that is read as HTML. */
export function toMarkdown(text: string, resolve: Resolve): string {
  return escaped(text)
    .replace(/\{@link\s+([\w.]+)\s*\}/g, (_, name: string) => {
      const href = resolve(name.split('.')[0]!)
      return href ? `[\`${name}\`](${href})` : `\`${name}\``
    })
    .replace(/`?\bdocs\/([\w-]+)\.md`?/g, '[$1](../$1.md)')
}

/** Paragraphs and lists in lines of the usual width. */
export function wrap(text: string): string {
  return text
    .split(/\n{2,}/)
    .map(paragraph =>
      paragraph
        .split(/\n(?=\s*- )/)
        .map(wrapLine)
        .join('\n'),
    )
    .join('\n\n')
}

function wrapLine(text: string): string {
  const indent = text.startsWith('- ') ? '  ' : ''
  const lines: string[] = []
  let line = ''
  for (const word of text.replace(/\s+/g, ' ').trim().split(' ')) {
    // At the beginning of a line these would begin something else.
    const mayBegin = !/^([-+*#>]|\d+[.)])/.test(word)
    if (line !== '' && line.length + 1 + word.length > WIDTH && mayBegin) {
      lines.push(line)
      line = indent + word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join('\n')
}

export const fence = (code: string, language: string): string => `\`\`\`${language}\n${code}\n\`\`\``

export const code = (text: string): string => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``)

/** A table; columns in which no row has anything are left out. */
export function table(heads: string[], rows: string[][]): string {
  const used = heads.map((_, column) => rows.some(row => row[column] !== ''))
  const line = (cells: string[]) => `| ${cells.filter((_, column) => used[column]).join(' | ')} |`
  const cell = (text: string) => text.replace(/\s*\n\s*/g, ' ').replaceAll('|', '\\|')
  return [line(heads), line(heads.map(() => '---')), ...rows.map(row => line(row.map(cell)))].join('\n')
}

/** The name that GitHub, and the site, give a heading. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-')

/** What a docstring says first. */
export const firstSentence = (text: string): string => {
  const [paragraph = ''] = text.split(/\n\n/)
  const [sentence = ''] = paragraph.replace(/\s+/g, ' ').split(/(?<=[.:!?])\s(?=[\p{Lu}`{])/u)
  return sentence.replace(/[.:]$/, '')
}
