/** What a workflow of GitHub can hold. */
export type Yaml = string | number | boolean | null | Yaml[] | { [key: string]: Yaml }

interface Line {
  indent: number
  text: string
  number: number
}

/**
 * YAML as the workflows of this repository use it: maps and lists by indentation, lists and maps of one line, quoted
 * and plain scalars, and `|` blocks. Anything else (anchors, tags, folded text, several documents) is refused, so that no
 * file is read as something that GitHub reads otherwise.
 * @throws SyntaxError with the line
 */
export function parseYaml(source: string): Yaml {
  if (source.includes('\t')) throw new SyntaxError('tabs')
  const all = source.split('\n').map((raw, i) => ({
    indent: raw.length - raw.trimStart().length,
    text: raw.trim(),
    number: i + 1,
  }))
  const reader = { lines: all, at: 0, raw: source.split('\n') }
  const value = readNode(reader, peek(reader)?.indent ?? 0)
  const rest = peek(reader)
  if (rest) throw fault(rest, 'indented otherwise than the lines before')
  return value
}

interface Reader {
  lines: Line[]
  raw: string[]
  at: number
}

/** The next line that says something. */
function peek(reader: Reader): Line | undefined {
  while (reader.at < reader.lines.length && /^(#|$)/.test(reader.lines[reader.at]!.text)) reader.at++
  return reader.lines[reader.at]
}

function readNode(reader: Reader, indent: number): Yaml {
  const line = peek(reader)
  if (!line || line.indent !== indent) return null
  return isItem(line.text) ? readList(reader, indent) : readMap(reader, indent)
}

const isItem = (text: string): boolean => text === '-' || text.startsWith('- ')

function readList(reader: Reader, indent: number): Yaml[] {
  const items: Yaml[] = []
  for (let line = peek(reader); line?.indent === indent && isItem(line.text); line = peek(reader)) {
    const text = line.text.slice(1).trimStart()
    if (text === '') throw fault(line, 'an item without a value')
    if (KEY.test(text)) {
      // What stands behind the dash begins a map at that column.
      line.indent += line.text.length - text.length
      line.text = text
      items.push(readMap(reader, line.indent))
    } else {
      reader.at++
      items.push(parseScalar(text, line))
    }
  }
  return items
}

const KEY = /^([\w.-]+):(?: +(.*))?$/

function readMap(reader: Reader, indent: number): { [key: string]: Yaml } {
  const map: { [key: string]: Yaml } = {}
  for (let line = peek(reader); line?.indent === indent && !isItem(line.text); line = peek(reader)) {
    const [, key, text = ''] = KEY.exec(line.text) ?? []
    if (key === undefined) throw fault(line, 'neither a key nor an item')
    if (Object.hasOwn(map, key)) throw fault(line, `${key} is there twice`)
    reader.at++
    map[key] = readValue(reader, indent, text, line)
  }
  return map
}

function readValue(reader: Reader, indent: number, text: string, line: Line): Yaml {
  if (text === '|') return readBlock(reader, indent)
  if (text !== '' && !text.startsWith('#')) return parseScalar(text, line)
  const next = peek(reader)
  if (!next || next.indent < indent || (next.indent === indent && !isItem(next.text))) return null
  return readNode(reader, next.indent)
}

function readBlock(reader: Reader, indent: number): string {
  const from = reader.at
  while (reader.at < reader.lines.length) {
    const { text, indent: own } = reader.lines[reader.at]!
    if (text !== '' && own <= indent) break
    reader.at++
  }
  const lines = reader.raw.slice(from, reader.at)
  const column = lines.find(line => line.trim() !== '')?.search(/\S/) ?? 0
  return `${lines
    .map(line => line.slice(column))
    .join('\n')
    .trimEnd()}\n`
}

function parseScalar(text: string, line: Line): Yaml {
  const [, double, single] = /^(?:"([^"\\]*)"|'([^']*)')(?: +#.*)?$/.exec(text) ?? []
  if (double !== undefined || single !== undefined) return (double ?? single)!
  const plain = text.replace(/ +#.*$/, '')
  const [, items] = /^\[([^[\]{}"']*)\]$/.exec(plain) ?? []
  if (items !== undefined)
    return items.trim() === '' ? [] : items.split(',').map(item => parseScalar(item.trim(), line))
  if (plain === '{}') return {}
  // What is more in YAML than plain text.
  if (/^[[\]{}"'&*!|>%@`]/.test(plain) || plain.includes(': ')) throw fault(line, 'not known here')
  if (/^(true|false)$/.test(plain)) return plain === 'true'
  if (plain === 'null' || plain === '~') return null
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : plain
}

const fault = ({ number, text }: Line, why: string) => new SyntaxError(`line ${number}: ${text}: ${why}`)
