import { createElement, Fragment, type ReactNode } from 'react'

/** A sentence of the docs: `code` and *emphasis* as Markdown has them, and nothing else. */
export const Prose = ({ text }: { text: string }): ReactNode =>
  createElement(Fragment, null, ...text.split(/(`[^`]+`|\*[^*]+\*)/).map(markUp))

function markUp(part: string): ReactNode {
  if (part.startsWith('`')) return <code>{part.slice(1, -1)}</code>
  if (part.startsWith('*')) return <em>{part.slice(1, -1)}</em>
  return part
}
