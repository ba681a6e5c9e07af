import type { ActorType, IdType, Kind } from '../core/kind'
import { countedType } from '../core/variants'
import { kindNames } from './kind-names'

/** What SQL says of ids of a type. */
interface IdSql {
  first: string
  last: string
  types: string[]
  /** The statements that answer the partition of a target. */
  partition(target: string): string
}

export const IDS: Record<IdType, IdSql> = {
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

/** What SQL says of the ids of those who like. */
export const ACTORS: Record<ActorType, { none: string; probe: string; cast: string; types: string[] }> = {
  text: { none: `''`, probe: `'onecount-probe'`, cast: '::text', types: ['text', 'character varying'] },
  uuid: {
    none: `'00000000-0000-0000-0000-000000000000'`,
    probe: `'0c0c0c0c-0c0c-4c0c-8c0c-0c0c0c0c0c0c'`,
    cast: '',
    types: ['uuid'],
  },
}

/** The types that a column of the count may have. */
export const COUNT_TYPES: readonly string[] = ['bigint', 'integer', 'smallint', 'numeric']

/** The types of columns that a time can be written to. */
export const CREATED_TYPES = ['timestamp with time zone', 'timestamp without time zone', 'date']

/** The types that the columns of the ids may have. */
export const columnTypesOf = ({ target, rows }: Kind): { post: string[]; session: string[] } => ({
  post: IDS[target.id].types,
  session: ACTORS[rows.actorType].types,
})

/** How a column is called, without underscores and in small letters, that says of a row that it is none any more. */
export const REMOVED_NAMES: readonly string[] =
  'deleted deletedat deletedon isdeleted removed removedat removedon isremoved archivedat revokedat unlikedat'.split(
    ' ',
  )

/** Some id of the kind, to begin anywhere: an expression of SQL. */
export function someId(kind: Kind): string {
  const type = countedType(kind)
  if (type === 'uuid') return 'gen_random_uuid()'
  if (type === 'text') return 'md5(random()::text)'
  const { counts, id } = kindNames(kind)
  return `(select floor(random() * (max(${id}) + 1))::bigint from ${counts})`
}
