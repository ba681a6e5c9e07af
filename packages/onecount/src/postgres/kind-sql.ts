import type { ActorType, IdType, Kind } from '../core/kind'
import { topicOf } from '../core/topics'
import { countedType, SEPARATOR } from '../core/variants'
import { filledColumns, kindNames, mappingOf } from './kind-names'
import { KIND_TEMPLATE, VERSION } from './kind-template.generated'
import { quoteName, quoteTable } from './names'
import { rowSql } from './row-sql'

/** A part of the template is kept if its condition holds: `{{#column}} … {{/column}}`. */
const PART = /^\{\{#(\w+)\}\}\n([\s\S]*?)^\{\{\/\1\}\}\n|\{\{#(\w+)\}\}([\s\S]*?)\{\{\/\3\}\}/gm

/**
 * What of the template is filled, in one pass: `{{row.post}}`, `{{json p.id}}`, the tables of the default kind by their
 * names, and the names of what onecount makes.
 */
const HOLE =
  /\{\{([\w.]+)(?: ([^}]+))?\}\}|public\.(posts_new|post_ratings)\b|\bpost_ratings_(?=op_likes|session_post_idx)|\b(posts_new|post_ratings)\b|\bonecount_(?=[a-z])|\bonecount\.(?=[a-z])|\blike_(?=tombstones|unseen|receipt|refused|settings|log)/g

interface IdSql {
  first: string
  last: string
  types: string[]
  /** The statements that answer the partition of a target. */
  partition(target: string): string
}

const IDS: Record<IdType, IdSql> = {
  uuid: {
    first: `'00000000-0000-0000-0000-000000000000'`,
    last: `'ffffffff-ffff-ffff-ffff-ffffffffffff'`,
    types: ['uuid'],
    partition: target => `return ('x' || right(${target}::text, 7))::bit(28)::integer % p_partitions;`,
  },
  bigint: {
    first: `'-9223372036854775808'`,
    last: `'9223372036854775807'`,
    types: ['bigint', 'integer', 'smallint'],
    partition: target => `return (${target} % p_partitions + p_partitions) % p_partitions;`,
  },
  text: {
    first: `''`,
    last: '',
    types: ['text', 'character varying'],
    partition: target => `declare
    v_hash bigint := 0;
    v_target text := ${target};
  begin
    for i in 1..length(v_target) loop
      v_hash := (v_hash * 31 + ascii(substr(v_target, i, 1))) % 268435399;
    end loop;
    return v_hash % p_partitions;
  end;`,
  },
}

const ACTORS: Record<ActorType, { none: string; probe: string; cast: string; types: string[] }> = {
  text: { none: `''`, probe: `'onecount-probe'`, cast: '::text', types: ['text', 'character varying'] },
  uuid: {
    none: `'00000000-0000-0000-0000-000000000000'`,
    probe: `'0c0c0c0c-0c0c-4c0c-8c0c-0c0c0c0c0c0c'`,
    cast: '',
    types: ['uuid'],
  },
}

/** How the SQL of a kind is made. */
export interface KindSqlOptions {
  /**
   * For as long as code of before onecount goes on writing rows: what it does to the column of the count itself, by
   * statements or by triggers, changes nothing. `false` ends it.
   * @default false
   */
  shadow?: boolean
}

/**
 * The SQL that makes a kind, as it is now: a migration of a fresh database, and of one that has an older version of the
 * kind. It is one statement, so it is applied as a whole or not at all, whatever sends it; it may be applied again, also
 * by several at once. Names no table but those of the kind. The kind that there is without a configuration has the
 * migrations of `supabase/migrations` instead.
 * @example
 * writeFileSync('supabase/migrations/20261201000000_onecount_like.sql', kindSql(config.kinds.like))
 */
export function kindSql(kind: Kind, { shadow = false }: KindSqlOptions = {}): string {
  const isShadow = shadow && kind.target.count !== null
  return `${header(kind, isShadow)}do $onecount$
declare
  v_column record;
  v_found record;
  v_role text;
  v_function regprocedure;
begin
set local client_min_messages = warning;
-- One at a time; those that come after find everything in place.
perform pg_advisory_xact_lock(hashtextextended('onecount migration', 0));

${fillTemplate(KIND_TEMPLATE, kind, {}, isShadow)}
end $onecount$;
`
}

function header(kind: Kind, isShadow: boolean): string {
  const { name, target, variants, rows } = kind
  const { op, rev } = kindNames(kind)
  const variant = variants ? `\n--   variants of ${rows.variant}: ${variants.join(' ')}` : ''
  const counting = isShadow
    ? `Shadow mode: what
-- your own code and triggers do to ${target.count} changes nothing, until the migration without --shadow is applied.`
    : `Drop a trigger of your own that changes the
-- count when a row comes or goes: onecount counts now.`
  const count = target.count === null ? 'counts in a table of onecount' : `count ${target.count}`
  return `-- onecount ${VERSION}, kind ${name}: made by \`npx onecount migration\`. Do not edit: change the configuration, or install
-- another version of onecount, and make it anew. It may be applied again, and by several at once.
--   target ${quoteTable(target)}, id ${target.column} ${target.id}, ${count}
--   rows   ${quoteTable(rows)}, target ${rows.target}, actor ${rows.actor} ${rows.actorType}${variant}
-- Adds the column ${op} to the rows${target.count === null ? '' : ` and ${rev} to the targets`}. ${counting}

`
}

/** Parameters and variables of the functions of a kind: a column of this name cannot be told from them. */
const VARIABLES = [...new Set(['nil', ...(KIND_TEMPLATE.match(/\b[pv]_[a-z_]+\b/g) ?? [])])].sort()

/** How a column is called, without underscores and in small letters, that says of a row that it is none any more. */
export const REMOVED_NAMES: readonly string[] =
  'deleted deletedat deletedon isdeleted removed removedat removedon isremoved archivedat revokedat unlikedat'.split(
    ' ',
  )

/** The types that a column of the count may have. */
export const COUNT_TYPES: readonly string[] = ['bigint', 'integer', 'smallint', 'numeric']

/** The types of columns that a time can be written to. */
const CREATED_TYPES = ['timestamp with time zone', 'timestamp without time zone', 'date']

/** The types that the columns of the ids may have. */
export const columnTypesOf = ({ target, rows }: Kind): { post: string[]; session: string[] } => ({
  post: IDS[target.id].types,
  session: ACTORS[rows.actorType].types,
})

/** Who may hear the topics of a kind, as Realtime asks. */
export function broadcastPolicy(kind: Kind): { name: string; create: string } {
  const name = `${kindNames(kind).prefix}likes_are_heard`
  return {
    name,
    create:
      `create policy ${name} on realtime.messages for select to anon, authenticated ` +
      `using (extension = 'broadcast' and (select realtime.topic()) ~ '${topicsOf(kind)}')`,
  }
}

/** The topics that its likes are broadcast on, as a regular expression. */
const topicsOf = ({ name }: Kind) => `^${topicOf(name, '').replace(/\d+$/, '[0-9]+')}$`

/** A template with what this kind needs of it; `more` are values that other templates have not. */
export function fillTemplate(
  template: string,
  kind: Kind,
  more: Record<string, string> = {},
  isShadow = false,
): string {
  const { isDefault, target, variants, rows } = kind
  const type = countedType(kind)
  const [id, actor] = [IDS[type], ACTORS[rows.actorType]]
  const row = rowSql(kind)
  const hasColumn = target.count !== null
  const { prefix, content, ...names } = kindNames(kind)
  const schemas = [...new Set([target.schema, rows.schema])].filter(schema => schema !== 'public')
  const types = columnTypesOf(kind)
  const pair = [rows.target, ...(rows.variant ? [rows.variant] : []), rows.actor]

  const conditions: Record<string, boolean> = {
    default: isDefault,
    mapped: !isDefault,
    shadow: isShadow,
    unshadowed: !isDefault && !isShadow,
    column: hasColumn,
    table: !hasColumn,
    timed: rows.createdAt !== null,
    text: target.id === 'text',
    variants: variants !== undefined,
    plain: variants === undefined,
    private: kind.isPrivate,
    public: !kind.isPrivate,
    elsewhere: schemas.length > 0,
  }
  const values: Record<string, string> = {
    kind: kind.name,
    'broadcast.name': broadcastPolicy(kind).name,
    'broadcast.policy': broadcastPolicy(kind).create,
    version: VERSION,
    mapping: mappingOf(kind),
    content,
    rows: names.rows,
    'content.id': quoteName(target.column),
    schemas: schemas.map(quoteName).join(', '),
    functions: prefix.replaceAll('_', '\\_').concat('%'),
    'post.id': names.id,
    'post.likes': names.likes,
    'post.rev': names.rev,
    'row.post': row.post(),
    'row.key': row.key,
    'row.target': quoteName(rows.target),
    'row.variant': quoteName(rows.variant ?? ''),
    'row.columns': row.columns,
    'row.counted': row.counted,
    'row.session': quoteName(rows.actor),
    'row.op': names.op,
    'row.created': rows.createdAt === null ? '' : quoteName(rows.createdAt),
    'type.post': type,
    'type.target': target.id,
    'own.post': row.ownType,
    'type.session': rows.actorType,
    'names.filled': filledColumns(kind)
      .map(name => `'${name}'`)
      .join(', '),
    'names.pair': pair.map(name => `'${name}'`).join(', '),
    'names.pair.shown': pair.join(', '),
    'names.pair.length': String(pair.length),
    'names.variables': VARIABLES.map(name => `'${name}'`).join(', '),
    'names.removed': REMOVED_NAMES.map(name => `'${name}'`).join(', '),
    'hint.several': `'${severalHint(kind)}'`,
    'types.target': types.post.map(type => `'${type}'`).join(', '),
    'types.count': COUNT_TYPES.map(type => `'${type}'`).join(', '),
    'types.created': CREATED_TYPES.map(type => `'${type}'`).join(', '),
    'types.session': types.session.map(type => `'${type}'`).join(', '),
    first: id.first,
    none: actor.none,
    probe: actor.probe,
    'schema.texts': schemas.map(schema => `'${schema.replaceAll("'", "''")}'`).join(', '),
    'actor.cast': actor.cast,
    partition: IDS[target.id].partition(row.targetOf('p_post')),
    variants: row.variants,
    separator: SEPARATOR,
    twice: pair
      .map(column => `a.${quoteName(column)} = b.${quoteName(column)}`)
      .join(' and ')
      .replaceAll("'", "''"),
    ...more,
  }
  const bareNames: Record<string, string> = {
    'content.id': target.column,
    'row.target': rows.target,
    'row.variant': rows.variant ?? '',
    'row.session': rows.actor,
    'row.created': rows.createdAt ?? '',
    'post.likes': target.count ?? '',
  }
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
    last: expression => (type === 'text' ? inside(expression) : id.last),
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

/** What to do where rows of a person for one target are several: none of them is to be deleted unseen. */
function severalHint({ variants, rows }: Kind): string {
  if (variants !== undefined)
    return `Decide which one row of a person, target and ${rows.variant} stays, and make those three columns unique.`
  const index = `create unique index on ${quoteTable(rows)} (${quoteName(rows.target)}, ${quoteName(rows.actor)})`
  return `Where the column says what a person gives, as an emoji, the kind has variants, rows.variant is that column, and there is no target.count. Where a person has one row for a target: ${index}`
}

/** Some id of the kind, to begin anywhere: an expression of SQL. */
export function someId(kind: Kind): string {
  const type = countedType(kind)
  if (type === 'uuid') return 'gen_random_uuid()'
  if (type === 'text') return 'md5(random()::text)'
  const { counts, id } = kindNames(kind)
  return `(select floor(random() * (max(${id}) + 1))::bigint from ${counts})`
}
