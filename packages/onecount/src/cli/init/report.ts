import type { Config } from '../../config/define'
import type { Kind } from '../../core/kind'
import { formatTable } from '../table'
import type { Planned } from './files'
import { nameOfTable } from './naming'

/** What a run did, or with `--dry-run` would do. */
export interface Report {
  dryRun: boolean
  config: Config
  files: Planned[]
  /** What to know of the tables. */
  notes: string[]
  /** What is left to do by hand. */
  next: string[]
}

const WORDS: Record<Planned['state'], string> = {
  write: 'written',
  unchanged: 'unchanged',
  kept: 'kept',
  lacks: 'to change',
}

/** For people. With `--dry-run` the text of each new file too. */
export function formatReport({ dryRun, config, files, notes, next }: Report): string {
  const word = ({ state }: Planned) => (dryRun && state === 'write' ? 'would write' : WORDS[state])
  const table = formatTable(files.map(file => [word(file), file.path]))
  return [
    ...formatKinds(config),
    '',
    table,
    ...files
      .filter(({ add }) => add)
      .map(({ path, add }) => `\n${path} is yours, and lacks what these lines do:\n\n${indent(add!)}`),
    ...(dryRun ? files.filter(isShown).map(({ path, text }) => `\n${path}\n\n${indent(text)}`) : []),
    ...notes.map(note => `\n${note}`),
    ...(next.length > 0 ? ['\nNext:'] : []),
    ...next.map((step, i) => `  ${i + 1}. ${step}`),
  ].join('\n')
}

/** A migration is printed by npx onecount migration; a secret by nothing. */
const isShown = ({ path, state }: Planned): boolean =>
  state === 'write' && !path.endsWith('.sql') && path !== '.env.local'

export const formatKinds = ({ kinds }: Config): string[] => Object.values<Kind>(kinds).map(formatKind)

function formatKind({ name, target, rows }: Kind): string {
  const count = target.count === null ? 'counted by onecount' : `counted in ${target.count}`
  return `${name}: ${nameOfTable(target)} (${target.column} ${target.id}), ${count}; ${nameOfTable(rows)} (${rows.target}, ${rows.actor} ${rows.actorType})`
}

/** For programs. */
export const toJson = ({ dryRun, config, files, notes, next }: Report) => ({
  dryRun,
  kinds: config.kinds,
  files: files.map(({ path, state, add }) => ({ path, state, ...(add && { add }) })),
  notes,
  next,
})

const indent = (text: string): string => text.trimEnd().replace(/^(?=.)/gm, '    ')
