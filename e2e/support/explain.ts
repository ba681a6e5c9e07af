import { AssertionError } from 'node:assert'
import { type CountLog, type Entry, entriesOf } from './recorder'

/** Which numbers of one post have an explanation. */
export interface Rule {
  /** Id or label. */
  readonly post: string
  /** The counts in the order in which the post had them: `[446, 447]`; with an unlike `[446, 447, 446]`. */
  readonly counts: readonly number[]
  /**
   * `own`: this person's presses alone move the count, each to the next one, and at once: before the first press only
   * `counts[0]` is explained, after it only `counts[1]`. `any` (default): presses of other people move it; a tab may
   * lag or skip, but never go back.
   */
  readonly presses?: 'own' | 'any'
  /** Whether views that are kept alive but hidden are held to the rule too. Default true. */
  readonly hidden?: boolean
  /** Whether a dash, for unknown, has an explanation (a store was down). Default false. */
  readonly unknown?: boolean
}

/**
 * Fails when a tab has shown a number that the rule does not explain, and prints what that tab showed.
 *
 * @throws AssertionError, also when the post was never shown: an empty log explains nothing
 */
export function assertExplained(log: CountLog, rule: Rule): void {
  const all = entriesOf(log.entries, rule.post)
  const relevant = all.filter(entry => entry.kind === 'press' || (rule.hidden ?? true) || entry.visible)
  if (!relevant.some(entry => entry.count !== null && entry.visible)) {
    throw new AssertionError({ message: `No count of "${rule.post}" was ever visible` })
  }
  for (const tab of new Set(relevant.map(entry => entry.tab))) {
    const shown = relevant.filter(entry => entry.tab === tab)
    const wrong = rule.presses === 'own' ? firstNotPressed(shown, rule) : firstOutOfOrder(shown, rule)
    if (wrong) {
      throw new AssertionError({
        message: `${wrong.reason}\n${describeEntries(shown, wrong.entry)}`,
        actual: wrong.entry.text,
        expected: rule.counts.join(', then '),
      })
    }
  }
}

type Wrong = { entry: Entry; reason: string }

/** Why an entry without a count is wrong: its text is not empty, and the rule does not explain an unknown. */
function unknownReason(entry: Entry, rule: Rule): string | undefined {
  return entry.count === null && entry.text !== '' && !rule.unknown
    ? `"${entry.text}" is no count of "${rule.post}"`
    : undefined
}

function firstNotPressed(shown: readonly Entry[], rule: Rule): Wrong | undefined {
  let presses = 0
  for (const entry of shown) {
    if (entry.kind === 'press') {
      presses += 1
      continue
    }
    const expected = rule.counts[presses]
    const reason =
      unknownReason(entry, rule) ??
      (entry.count !== null && entry.count !== expected
        ? `${entry.count} is shown after ${presses} presses, where ${expected ?? 'no count'} is explained`
        : undefined)
    if (reason) return { entry, reason }
  }
  return undefined
}

function firstOutOfOrder(shown: readonly Entry[], rule: Rule): Wrong | undefined {
  let position = 0
  for (const entry of shown) {
    if (entry.kind === 'press') continue
    const unknown = unknownReason(entry, rule)
    if (unknown) return { entry, reason: unknown }
    if (entry.count === null) continue
    const found = rule.counts.indexOf(entry.count, position)
    if (found === -1) {
      const seen = rule.counts.slice(0, position + 1).includes(entry.count)
      const reason = seen
        ? `${entry.count} is shown again after ${rule.counts[position]}`
        : `${entry.count} is not explained`
      return { entry, reason }
    }
    position = found
  }
  return undefined
}

/** The entries one a line, as a person would follow them; an arrow marks `highlighted`. */
export function describeEntries(entries: readonly Entry[], highlighted?: Entry): string {
  const start = entries[0]?.time ?? 0
  return entries
    .map(entry => {
      const what = entry.kind === 'press' ? `press "${entry.text}"` : entry.text || '(empty)'
      const notes = [entry.visible ? '' : 'hidden', entry.why === 'restored' ? 'restored' : '']
        .filter(Boolean)
        .join(', ')
      const mark = entry === highlighted ? '>' : ' '
      const time = `+${Math.round(entry.time - start)} ms`.padStart(10)
      return `${mark} tab ${entry.tab} ${time}  ${entry.url}  ${what}${notes && ` (${notes})`}`
    })
    .join('\n')
}
