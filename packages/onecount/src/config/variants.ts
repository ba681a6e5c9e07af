import { SEPARATOR } from '../core/variants'
import type { KindConfig } from './define'
import { fail } from './fail'

const MOST = 32
const MOST_BYTES = 64
/** They would end a name, a string, a list, a key or a member of one. */
const FORBIDDEN = /["'\\$%,|{}\s\p{Cc}]/u

/**
 * The variants of a kind, where it has any. `at`: its place in the configuration.
 * @throws OnecountError `misconfigured`
 */
export function parseVariants(
  { variants, target, rows }: KindConfig,
  at: string,
): readonly string[] | undefined {
  if (variants === undefined) {
    if (rows.variant !== undefined) fail(`${at}.rows.variant`, 'names a column, and there are no variants')
    return undefined
  }
  const field = `${at}.variants`
  if (!Array.isArray(variants) || variants.length === 0 || variants.length > MOST)
    fail(field, `must be a list of 1 to ${MOST} texts, or be left out`)
  for (const [i, variant] of variants.entries()) {
    const fault = faultOf(variant)
    if (fault !== null) fail(`${field}[${i}]`, fault)
    if (variants.indexOf(variant) < i) fail(`${field}[${i}]`, `${variant} is there twice`)
  }
  if (rows.variant === undefined) fail(`${at}.rows.variant`, 'must name the column that holds the variant')
  if (target.count !== undefined)
    fail(
      `${at}.target.count`,
      'does not go with variants: onecount keeps a count of each in a table of its own',
    )
  return [...variants]
}

function faultOf(variant: unknown): string | null {
  if (typeof variant !== 'string' || variant === '') return 'must be a text'
  if (FORBIDDEN.test(variant) || variant.includes(SEPARATOR))
    return `must not contain white space, quotes, $ % , | ${SEPARATOR} { }, backslashes or control characters`
  // A half of a pair of UTF-16 is no character.
  if (/\p{Cs}/u.test(variant)) return 'must be well-formed Unicode'
  if (new TextEncoder().encode(variant).length > MOST_BYTES)
    return `must not be longer than ${MOST_BYTES} bytes`
  return null
}
