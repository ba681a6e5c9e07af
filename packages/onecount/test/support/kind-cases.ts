import { DEFAULT_KIND_CONFIG, defineConfig, type Kind, variantId } from 'onecount'
import type { Sql, TransactionSql } from 'postgres'
import { migrate, ownersTables } from './databases'
import type { KindStores } from './kind-stores'
import { article, mark, namesOf, reaction, slug, uuidOf } from './kinds'

export const [ANA, BEN, EVA] = ['ana', 'ben', 'eva'].map(uuidOf) as [string, string, string]
export const COMMENT = (n: number) => `50050001-aaaa-bbbb-cccc-ddddeeee000${n}`
const names = { ana: 'ana', ben: 'ben', eva: 'eva' }
/** Of a kind each: a target, an id that it gets, another target, the post of a target that is pressed, and who presses. */
export const CASES = {
  default: {
    kind: defineConfig({ kinds: { like: DEFAULT_KIND_CONFIG } }).kinds.like,
    from: COMMENT(1),
    to: COMMENT(2),
    other: COMMENT(5),
    of: (id: string) => id,
    ...names,
  },
  slug: { kind: slug, from: 'a', to: 'b', other: 'other', of: (id: string) => id, ...names },
  article: {
    kind: article,
    from: '1',
    to: '9',
    other: '5',
    of: (id: string) => id,
    ana: ANA,
    ben: BEN,
    eva: EVA,
  },
  mark: { kind: mark, from: '1', to: '9', other: '5', of: (id: string) => id, ...names },
  reaction: {
    kind: reaction,
    from: COMMENT(1),
    to: COMMENT(2),
    other: COMMENT(5),
    of: (id: string) => variantId(id, '🎉'),
    ...names,
  },
}

/** A database with the tables of a kind: those of the reference application, by its migrations, for the default one. */
export async function beginTables(stores: KindStores, kind: Kind): Promise<Sql> {
  if (!kind.isDefault) return await stores.begin(kind)
  const sql = await stores.beginEmpty()
  await migrate(stores.databaseUrl)
  await ownersTables(sql).clear()
  return sql
}

/** Gives the rows of a kind another foreign key to their target, or none. */
export async function refer(sql: Sql, kind: Kind, follow: string | null): Promise<void> {
  const n = namesOf(kind)
  const keys = await sql`select conname, conrelid::regclass::text as rows from pg_constraint
    where contype = 'f' and conrelid = ${n.rows}::regclass and confrelid = ${n.content}::regclass`
  for (const key of keys) await sql.unsafe(`alter table ${key.rows} drop constraint ${key.conname}`)
  if (follow)
    await sql.unsafe(
      `alter table ${n.rows} add constraint follows foreign key (${n.target}) references ${n.content} (${n.id}) ${follow}`,
    )
}

/** A row of the application that can be liked, and that nobody likes. */
export async function addTarget(sql: Sql | TransactionSql, kind: Kind, id: string): Promise<void> {
  const n = namesOf(kind)
  if (kind.isDefault) await ownersTables(sql as Sql).addPosts([{ id, likes: 0 }])
  else await sql.unsafe(`insert into ${n.content} (${n.id}) values ('${id}')`)
}
