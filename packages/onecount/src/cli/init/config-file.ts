import { defineConfig, type KindConfig } from '../../config/define'
import type { Mapping } from './mapping'

/** `onecount.config.ts` or `.mjs` for these kinds. */
export function configText(mapping: Mapping): string {
  if (isWithoutKinds(mapping)) return DEFAULT
  const kinds = Object.entries(mapping)
  const actors = [...new Set(kinds.map(([, { actor }]) => actor))]
  const common = actors.length === 1 ? actors[0] : undefined
  return `import { defineConfig } from 'onecount'

export default defineConfig({
  kinds: {
${kinds.map(([name, kind]) => kindText(name, kind, common === undefined)).join('\n')}
  },${common ? `\n  actor: ${quote(common)},` : ''}
})
`
}

const DEFAULT = `import { defineConfig } from 'onecount'

// The kind like on posts_new and post_ratings.
export default defineConfig({})
`

/** Whether this is what is counted without kinds. */
function isWithoutKinds(mapping: Mapping): boolean {
  const kinds = Object.values(defineConfig({ kinds: mapping }).kinds)
  return kinds.length === 1 && kinds[0]!.isDefault
}

const kindText = (
  name: string,
  { target, variants, rows, actor }: KindConfig,
  hasActor: boolean,
): string => `    ${name}: {
      target: ${objectText({ table: target.table, id: target.id, column: target.column, count: target.count })},${
        variants ? `\n      variants: [${variants.map(quote).join(', ')}],` : ''
      }
      rows: ${objectText({ table: rows.table, target: rows.target, actor: rows.actor, variant: rows.variant, createdAt: rows.createdAt })},${
        hasActor ? `\n      actor: ${quote(actor!)},` : ''
      }
    },`

const objectText = (object: Record<string, string | null | undefined>): string =>
  `{ ${Object.entries(object)
    .flatMap(([key, value]) =>
      value === undefined ? [] : `${key}: ${value === null ? 'null' : quote(value)}`,
    )
    .join(', ')} }`

const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`
