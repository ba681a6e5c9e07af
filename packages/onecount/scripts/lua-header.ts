import { includedName } from './lua-include'
import type { Problem, SourceLine } from './source'

/** What a header says about `KEYS` or `ARGV`. */
export interface Declaration {
  /** How many are declared one by one: 1 to `fixed`. */
  readonly fixed: number
  /** The line of each of them, by number. */
  readonly lines: ReadonlyMap<number, SourceLine>
  /** The line `n..`, where the number of them is open. */
  readonly group?: SourceLine
}

export interface Header {
  readonly KEYS: Declaration
  readonly ARGV: Declaration
}

const SECTIONS = ['KEYS', 'ARGV', 'RETURNS'] as const
type Section = (typeof SECTIONS)[number]

/** The comment lines a file starts with, up to its first include or line of code. */
function headerLines(file: readonly SourceLine[]): SourceLine[] {
  const end = file.findIndex(({ text }) => !text.startsWith('--') || includedName(text) !== undefined)
  return file.slice(0, end === -1 ? undefined : end)
}

/** Checks that a script starts with `-- <name>: what it is for`. */
function checkPurpose(name: string, file: readonly SourceLine[]): Problem[] {
  const first = file[0]!
  const purpose = /^--\s*([\w-]+):\s*\S/.exec(first.text)
  const at = { file: first.file, line: first.line }
  if (!purpose) return [{ ...at, message: `starts without its purpose: "-- ${name}: …"` }]
  if (purpose[1] === name) return []
  return [{ ...at, message: `the header speaks of "${purpose[1]}", the file is "${name}.lua"` }]
}

/** Reads the contract at the top of a script. */
export function parseHeader(
  name: string,
  file: readonly SourceLine[],
): { header: Header; problems: Problem[] } {
  const problems = checkPurpose(name, file)
  const sections = new Map<Section, { title: SourceLine; body: SourceLine[] }>()
  let current: SourceLine[] | undefined
  for (const line of headerLines(file)) {
    const title = SECTIONS.find(section => line.text.replace(/^--\s*/, '').trim() === section)
    if (title) {
      current = []
      sections.set(title, { title: line, body: current })
    } else if (/^--\s*\S/.test(line.text)) current?.push(line)
  }

  for (const section of SECTIONS) {
    if (!sections.has(section)) {
      problems.push({ file: file[0]!.file, line: 1, message: `the header has no section ${section}` })
    }
  }
  const returns = sections.get('RETURNS')
  if (returns && returns.body.length === 0) {
    problems.push({ ...place(returns.title), message: 'RETURNS says nothing' })
  }
  const header = {
    KEYS: parseDeclaration('KEYS', sections.get('KEYS')?.body ?? [], problems),
    ARGV: parseDeclaration('ARGV', sections.get('ARGV')?.body ?? [], problems),
  }
  return { header, problems }
}

/** Reads `1 name …`, `2 name …`, `3.. name …`; any other line continues the one above it. */
function parseDeclaration(section: Section, body: readonly SourceLine[], problems: Problem[]): Declaration {
  const lines = new Map<number, SourceLine>()
  let group: SourceLine | undefined
  for (const line of body) {
    const entry = /^--\s+(\d+)(\.\.)?(?=\s|$)/.exec(line.text)
    if (!entry) continue
    const number = Number(entry[1])
    const expected = lines.size + 1
    if (group) {
      problems.push({
        ...place(line),
        message: `${section} ${number} follows the repeated group, which is last`,
      })
    } else if (number !== expected) {
      problems.push({ ...place(line), message: `${section} ${number} is declared where ${expected} is next` })
    }
    if (entry[2]) group = line
    else lines.set(number, line)
  }
  return { fixed: lines.size, lines, ...(group ? { group } : {}) }
}

function place({ file, line }: SourceLine): { file: string; line: number } {
  return { file, line }
}
