import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { describe, expect, it } from 'vitest'
import { shellOption, shellWord } from './shell'

/** What a shell makes of a command line. */
const wordsOf = (line: string, shell = 'sh'): string[] =>
  execFileSync(shell, ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1)

const TEXTS = [
  'plain/2026.sql',
  'a folder',
  `it's`,
  `'`,
  '"double"',
  '$HOME',
  '$(id)',
  '`id`',
  'a;b & c | d > e',
  '*',
  '~',
  '#no',
  'back\\slash',
  '!!',
  'a=b {c,d} [e]',
  'naïve ключ 👍',
  '-dash',
  ' ',
  '',
]

describe('a word of a printed command', () => {
  it.each(['sh', 'bash'])('is one word of %s, whatever is in it', shell => {
    expect(wordsOf(TEXTS.map(shellWord).join(' '), shell)).toEqual(TEXTS)
  })

  it('has no quotes where it needs none', () => {
    expect(shellWord('supabase/migrations/20261201000000_onecount.sql')).not.toContain(`'`)
  })

  it.each(TEXTS)('is the value of an option: %s', text => {
    const args = wordsOf(shellOption('after', text))
    expect(parseArgs({ args, options: { after: { type: 'string' } } }).values.after).toBe(text)
  })
})
