import { templateLiteral } from './source'

/**
 * The generated module: `sql/kind/*.sql` in one text, in the order of their names. Its statements stand in one block of
 * PL/pgSQL, so a marker of a dollar quote that closes the block must not occur in them.
 */
export function renderKindTemplate(sources: ReadonlyMap<string, string>, version: string): string {
  const text = [...sources]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, sql]) => sql.replaceAll('\r\n', '\n').trim())
    .join('\n\n')
  return `// Generated from packages/onecount/sql/kind by \`npm run generate\`. Do not edit.

/** Of the package that the template is part of. */
export const VERSION = '${version}'

/** The SQL of a kind with placeholders, which \`kindSql\` fills. */
export const KIND_TEMPLATE = ${templateLiteral(`${text}\n`)}
`
}
