import { defineConfig, type Kind } from 'onecount'
import type { Finding } from '../../src/cli/doctor/check'

/** Ids that are UUIDs, names in quotes, and no column of the count. */
export const { bare } = defineConfig({
  kinds: {
    bare: {
      target: { table: 'Blog."Old.Articles"', id: 'uuid', column: 'Nr' },
      rows: { table: 'Blog.article likes', target: 'Article Nr', actor: 'user', createdAt: null },
    },
  },
}).kinds

export const named = (findings: Finding[], check: string) => findings.find(found => found.check === check)!

/** Cases of damage, with what each is called. */
export const titled = <Rest extends unknown[]>(
  cases: [kind: Kind, check: string, damage: string, found: string, ...Rest][],
) =>
  cases.map(
    ([kind, check, damage, found, ...rest]) =>
      [`${kind.name}: ${check}, ${found}`, kind, check, damage, found, ...rest] as const,
  )
