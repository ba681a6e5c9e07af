/** Columns of a line, as the formatter of this repository has them. */
const WIDTH = 110

/** JSON in the form that `npm run format` gives it. What is undefined is left out. */
export const renderJson = (value: unknown): string => `${render(JSON.parse(JSON.stringify(value)), '', 0)}\n`

/** @param used columns of the line that are taken before and behind the value */
function render(value: unknown, indent: string, used: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const isList = Array.isArray(value)
  const entries = isList ? value.map(item => ['', item]) : named(value)
  if (entries.length === 0) return isList ? '[]' : '{}'
  const flat = flatten(value)
  if (indent.length + used + flat.length <= WIDTH) return flat
  const inner = `${indent}  `
  const lines = entries.map(([key, item]) => `${inner}${key}${render(item, inner, key.length + 1)}`)
  return `${isList ? '[' : '{'}\n${lines.join(',\n')}\n${indent}${isList ? ']' : '}'}`
}

const named = (value: object): [key: string, item: unknown][] =>
  Object.entries(value).map(([key, item]) => [`${JSON.stringify(key)}: `, item])

function flatten(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(flatten).join(', ')}]`
  const items = named(value).map(([key, item]) => key + flatten(item))
  return items.length > 0 ? `{ ${items.join(', ')} }` : '{}'
}
