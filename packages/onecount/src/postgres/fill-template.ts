import type { Kind } from '../core/kind'
import { countedType } from '../core/variants'
import { IDS, someId } from './column-types'
import { kindNames } from './kind-names'
import { rowSql } from './row-sql'
import { bareNamesOf, conditionsOf, valuesOf } from './template-values'

/** A part of the template is kept if its condition holds: `{{#column}} … {{/column}}`. */
const PART = /^\{\{#(\w+)\}\}\n([\s\S]*?)^\{\{\/\1\}\}\n|\{\{#(\w+)\}\}([\s\S]*?)\{\{\/\3\}\}/gm

/**
 * What of the template is filled, in one pass: `{{row.post}}`, `{{json p.id}}`, the tables of the default kind by their
 * names, and the names of what onecount makes.
 */
const HOLE =
  /\{\{([\w.]+)(?: ([^}]+))?\}\}|public\.(posts_new|post_ratings)\b|\bpost_ratings_(?=op_likes|session_post_idx)|\b(posts_new|post_ratings)\b|\bonecount_(?=[a-z])|\bonecount\.(?=[a-z])|\blike_(?=tombstones|unseen|receipt|refused|settings|log)/g

/** A template with what this kind needs of it; `more` are values that other templates have not. */
export function fillTemplate(
  template: string,
  kind: Kind,
  more: Record<string, string> = {},
  isShadow = false,
): string {
  const { isDefault, target, rows } = kind
  const type = countedType(kind)
  const row = rowSql(kind)
  const { prefix, ...names } = kindNames(kind)
  const conditions = conditionsOf(kind, isShadow)
  const values = { ...valuesOf(kind), ...more }
  const bareNames = bareNamesOf(kind)
  const value = (name: string): string => {
    const found = values[name]
    if (found === undefined) throw new Error(`the template of kinds has {{${name}}}, which nothing fills`)
    return found
  }
  const inside = (text: string): string => text.replace(/(?:post|row)\.\w+/g, name => values[name] ?? name)

  /** `{{verb expression}}`. */
  const verbs: Record<string, (expression: string) => string> = {
    /** An id as text: a bigint is more than a number of JSON holds. */
    json: expression => (type === 'bigint' ? `${expression}::text` : expression),
    text: expression => (rows.actorType === 'text' ? expression : `${expression}::text`),
    /** The greatest id that there can be; of texts there is none, and the id itself does. */
    last: expression => (type === 'text' ? inside(expression) : IDS[type].last),
    /** An id in the order in which Redis has it. */
    bytes: expression => (type === 'uuid' ? inside(expression) : `${inside(expression)}::text collate "C"`),
    /** Some id, to begin anywhere. */
    some: () => someId(kind),
    /** The target of an id. */
    target: row.targetOf,
    'row.values': row.valuesOf,
    name: expression => bareNames[expression]!,
    created: expression => (rows.createdAt === null ? '' : inside(expression)),
  }

  const hole = (
    text: string,
    name: string | undefined,
    rest: string | undefined,
    qualified: string | undefined,
    bare: string | undefined,
  ): string => {
    if (name !== undefined) {
      if (rest === undefined) return value(name)
      const [, of, alias] = /^(?:of (\w+) ?)?(?:as (\w+))?$/.exec(rest) ?? []
      if (of !== undefined || alias !== undefined) {
        const column = of === undefined ? value(name) : row.post(of)
        return alias === undefined || column === alias || column === `${of}.${alias}`
          ? column
          : `${column} as ${alias}`
      }
      const verb = verbs[name]
      if (!verb) throw new Error(`the template of kinds has {{${name} …}}, which nothing fills`)
      return verb(rest)
    }
    if (qualified !== undefined) return qualified === 'posts_new' ? names.counts : names.rows
    if (isDefault) return text
    if (bare !== undefined) return bare === 'posts_new' ? target.table : rows.table
    return text === 'onecount.' ? `onecount.${kind.name}_` : prefix
  }

  /** Parts may stand in others. */
  const choose = (text: string): string =>
    text.replace(PART, (_, line, lines, word, words) =>
      conditions[line ?? word] ? choose(lines ?? words) : '',
    )

  return choose(template).replace(HOLE, hole).trim()
}
