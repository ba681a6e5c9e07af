import type { Markdown, Token } from './markdown'

/** Gives each cell the heading of its column, `data-label`: on a phone a row is a list of them, not a line. */
export function labelCells(markdown: Markdown): void {
  markdown.core.ruler.push('labels-of-cells', ({ tokens }) => {
    let labels: string[] = []
    let column = 0
    tokens.forEach((token, index) => {
      if (token.type === 'table_open') labels = []
      else if (token.type === 'th_open') labels.push(textOf(tokens[index + 1]))
      else if (token.type === 'tr_open') column = 0
      else if (token.type === 'td_open') token.attrSet('data-label', labels[column++] ?? '')
    })
  })
}

const textOf = (inline: Token | undefined): string =>
  (inline?.children ?? [])
    .map(({ content }) => content)
    .join('')
    .trim()
