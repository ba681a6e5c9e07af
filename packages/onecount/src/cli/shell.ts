/** A word of a command that is printed to be pasted: a shell takes it as it is, whatever is in it. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`

/** An option with its value, also where that begins as an option does. */
export const shellOption = (name: string, value: string): string =>
  `--${name}${value.startsWith('-') ? '=' : ' '}${shellWord(value)}`
