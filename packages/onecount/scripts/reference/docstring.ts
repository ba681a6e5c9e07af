import ts from 'typescript'
import type { Doc } from './model'

const textOf = (comment: ts.JSDocTag['comment']): string => (ts.getTextOfJSDocComment(comment) ?? '').trim()

/** The docstring of a declaration. `@throws` may stand behind a sentence, in the same line. */
export function readDoc(node: ts.Node): Doc {
  const doc: Doc = {
    text: '',
    params: new Map(),
    returns: '',
    throws: [],
    default: undefined,
    examples: [],
    isInternal: false,
  }
  const found = ts.getJSDocCommentsAndTags(node)
  const own = found.filter(ts.isJSDoc).at(-1)
  if (own) readBody(doc, textOf(own.comment))
  for (const tag of own?.tags ?? []) readTag(doc, tag)
  return doc
}

function readBody(doc: Doc, body: string): void {
  const [text = '', ...throws] = body.split(/\s*@throws\s+/)
  doc.text = text
  doc.throws.push(...throws)
}

function readTag(doc: Doc, tag: ts.JSDocTag): void {
  const text = textOf(tag.comment)
  const name = tag.tagName.text
  if (ts.isJSDocParameterTag(tag)) doc.params.set(tag.name.getText(), text.replace(/^-\s*/, ''))
  else if (name === 'returns') {
    const [returns = '', ...throws] = text.split(/\s*@throws\s+/)
    doc.returns = returns
    doc.throws.push(...throws)
  } else if (name === 'throws') doc.throws.push(throwsOf(tag))
  else if (name === 'default') doc.default = text
  else if (name === 'example') doc.examples.push(exampleOf(tag))
  else if (name === 'internal') doc.isInternal = true
}

/** The compiler reads `{…}` behind `@throws` as a type, and any first word as text. */
const throwsOf = (tag: ts.JSDocTag): string => sourceOf(tag).replace(/\s+/g, ' ')

/** As it is written, with its indentation. */
const exampleOf = (tag: ts.JSDocTag): string => sourceOf(tag)

/** What stands behind the name of a tag, without the margin of the comment. */
function sourceOf(tag: ts.JSDocTag): string {
  const source = tag.getSourceFile().text.slice(tag.tagName.end, tag.end)
  return source
    .replace(/\*\/\s*$/, '')
    .split('\n')
    .map(line => line.replace(/^\s*\*? ?/, ''))
    .map(line => line.trimEnd())
    .join('\n')
    .trim()
}

/** The docstring of a module: the comment at its top that says `@module`. */
export function readModuleDoc(file: ts.SourceFile): string {
  const [range] = ts.getLeadingCommentRanges(file.text, 0) ?? []
  const comment = range ? file.text.slice(range.pos, range.end) : ''
  if (!/@module\b/.test(comment)) return ''
  return comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .split('\n')
    .map(line => line.replace(/^\s*\*? ?/, ''))
    .join('\n')
    .replace(/@module\b/, '')
    .trim()
}
