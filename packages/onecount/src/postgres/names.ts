import type { Kind, Table } from '../core/kind'

/** Names that PostgreSQL takes for something else unless they are quoted: its reserved words. */
const RESERVED = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast
  char character check coalesce collate collation column concurrently constraint create cross current_catalog
  current_date current_role current_schema current_time current_timestamp current_user dec decimal default deferrable
  desc distinct do else end except exists extract false fetch float for foreign freeze from full grant greatest group
  grouping having ilike in initially inner inout int integer intersect interval into is isnull join json json_array
  json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize json_table json_value
  lateral leading least left like limit localtime localtimestamp merge_action national natural nchar none normalize not
  notnull null nullif numeric offset on only or order out outer overlaps overlay placing position precision primary
  real references returning right row select session_user setof similar smallint some substring symmetric system_user
  table tablesample then time timestamp to trailing treat trim true union unique user using values varchar variadic
  verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi
  xmlroot xmlserialize xmltable`.split(/\s+/),
)

/** Room for names of 63 bytes; without characters that end a string, an identifier or a quoted body. */
const MOST_BYTES = 63
const FORBIDDEN = /["'\\$%|{}\p{Cc}]/u

/** What is wrong with a name of a table or column as it is in the database; `null`: nothing. */
export function faultOf(name: unknown): string | null {
  if (typeof name !== 'string' || name === '') return 'must be a name'
  if (FORBIDDEN.test(name)) return 'must not contain quotes, $, %, |, { }, backslashes or control characters'
  if (new TextEncoder().encode(name).length > MOST_BYTES) return `must not be longer than ${MOST_BYTES} bytes`
  return null
}

/** What the functions and tables of a kind begin with. */
export const functionPrefix = ({ name, isDefault }: Pick<Kind, 'name' | 'isDefault'>): string =>
  isDefault ? 'onecount_' : `onecount_${name}_`

/** A name as SQL has it: in quotes where it needs them. */
export const quoteName = (name: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED.has(name) ? name : `"${name}"`

/** A table as SQL has it, with its schema. */
export const quoteTable = ({ schema, table }: Table): string => `${quoteName(schema)}.${quoteName(table)}`

/**
 * A table from `articles`, `blog.articles` or `blog."Old.Articles"`: names are exact, also in upper and lower case, and
 * one that contains a dot stands in double quotes. `null` where the text is none of these.
 */
export function parseTable(text: string): Table | null {
  const parts = /^(?:("[^"]+"|[^".]+)\.)?("[^"]+"|[^".]+)$/.exec(text)
  if (!parts) return null
  const [schema = 'public', table] = parts.slice(1).map(part => part?.replace(/^"(.*)"$/, '$1'))
  return { schema, table: table! }
}
