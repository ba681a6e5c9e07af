import type { Kind } from '../core/kind'
import { fillTemplate } from './fill-template'
import { KIND_TEMPLATE } from './kind-template.generated'

const END = '{{/mapped}}\n'

/** The first part of the template, 05_mapping.sql: it refuses tables that do not fit, and changes nothing. */
const MAPPING_TEMPLATE = KIND_TEMPLATE.slice(0, KIND_TEMPLATE.indexOf(END) + END.length)

/**
 * What the SQL of a kind refuses before it changes anything, as a statement of its own for a transaction that may only
 * read: it raises what `kindSql` would raise.
 */
export const mappingCheckSql = (kind: Kind): string => `do $onecount$
declare
  v_column record;
  v_found record;
begin
${fillTemplate(MAPPING_TEMPLATE, kind)}
end $onecount$`
