import { type ParseArgsConfig, parseArgs } from 'node:util'
import { UsageError } from './settings'

/**
 * What a command was given. Beside what `parseArgs` refuses, a value that is empty and an option that is given twice
 * where one counts are refused: what a script left out would be read as something else.
 * @throws UsageError which names the option
 */
export function parseOptions<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  const parsed = parse({ ...config, tokens: true })
  const seen = new Set<string>()
  for (const token of parsed.tokens) {
    if (token.kind !== 'option') continue
    const { name, value } = token
    if (value === '') throw new UsageError(`--${name} is empty: give it a value, or leave it out`)
    if (seen.has(name) && !config.options?.[name]?.multiple)
      throw new UsageError(`--${name} is given twice: give it once`)
    seen.add(name)
  }
  return parsed as unknown as ReturnType<typeof parseArgs<T>>
}

function parse(config: ParseArgsConfig & { tokens: true }) {
  try {
    return parseArgs(config)
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string }
    if (!String(code).startsWith('ERR_PARSE_ARGS')) throw error
    throw new UsageError(reworded(message))
  }
}

/** One line, without advice for programs that take any text. */
const reworded = (message: string): string =>
  message
    .replace(/\. To specify a positional argument.*$/s, '')
    .replace(
      /^Option '([^']+)' argument is ambiguous\..*$/s,
      `$1 has no value: what follows is an option; write $1=VALUE where the value begins with a dash`,
    )
    .replace(/^Option '(?:-\w, )?(--[\w-]+) <value>' argument missing$/, '$1 has no value: give it one')
    .replace(/\. This command does not take positional arguments$/, ': this command takes options alone')
