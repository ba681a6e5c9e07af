import { templateLiteral } from './source'

/**
 * The generated module: `sql/kind/*.sql` in one text, in the order of their names. Its statements stand in one block of
 * PL/pgSQL, so a marker of a dollar quote that closes the block must not occur in them.
 */
export function renderKindTemplate(sources: ReadonlyMap<string, string>, version: string): string {
  return `// Generated from packages/onecount/sql/kind by \`npm run generate\`. Do not edit.

/** Of the package that the template is part of. */
export const VERSION: string = '${version}'

/** The SQL of a kind with placeholders, which \`kindSql\` fills. */
export const KIND_TEMPLATE: string = ${templateLiteral(join(sources))}
`
}

/** The generated module: `sql/uninstall/*.sql` in one text, with the same placeholders. */
export function renderUninstallTemplate(sources: ReadonlyMap<string, string>): string {
  return `// Generated from packages/onecount/sql/uninstall by \`npm run generate\`. Do not edit.

/** The SQL that takes a kind away, with placeholders, which \`uninstallSql\` fills. */
export const UNINSTALL_TEMPLATE: string = ${templateLiteral(join(sources))}
`
}

/** The generated module: `sql/locks/*.sql` in one text, a statement of PL/pgSQL. */
export function renderLocksTemplate(sources: ReadonlyMap<string, string>): string {
  return `// Generated from packages/onecount/sql/locks by \`npm run generate\`. Do not edit.

/** Locks tables, with a placeholder for them, which \`lockStatement\` fills. */
export const LOCKS_TEMPLATE: string = ${templateLiteral(join(sources))}
`
}

function join(sources: ReadonlyMap<string, string>): string {
  const texts = [...sources]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, sql]) => sql.replaceAll('\r\n', '\n').trim())
  return `${texts.join('\n\n')}\n`
}
