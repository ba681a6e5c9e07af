/** One row that changed. */
export interface Change {
  schema: string
  table: string
  type: 'INSERT' | 'UPDATE' | 'DELETE'
  commitTimestamp: string
  record: Record<string, unknown>
  oldRecord: Record<string, unknown>
}

/** What a client asked for with `.on('postgres_changes', …)`. */
export interface Binding {
  event?: string
  schema?: string
  table?: string
  /** `column=eq.value`, also neq, lt, lte, gt, gte, in. */
  filter?: string
}

export interface Column {
  name: string
  type: string
}

/** @throws TypeError when a client asks for something that is no binding */
export function checked(binding: Binding): Binding {
  for (const field of ['event', 'schema', 'table', 'filter'] as const) {
    const value: unknown = binding[field] ?? ''
    if (typeof value !== 'string') throw new TypeError(`${field} is no text`)
  }
  return binding
}

/** Whether a client that asked for this binding hears of the change. */
export function matches(binding: Binding, change: Change): boolean {
  const { event = '*', schema = '*', table, filter } = binding
  if (event !== '*' && event.toUpperCase() !== change.type) return false
  if (schema !== '*' && schema !== change.schema) return false
  if (table && table !== '*' && table !== change.table) return false
  return !filter || passes(filter, change.type === 'DELETE' ? change.oldRecord : change.record)
}

function passes(filter: string, record: Record<string, unknown>): boolean {
  const [, column, operator, operand] = /^([^=]+)=(eq|neq|lt|lte|gt|gte|in)\.(.*)$/.exec(filter) ?? []
  if (column === undefined || operand === undefined || record[column] === undefined) return false
  const value = record[column]
  const [a, b] = typeof value === 'number' ? [value, Number(operand)] : [String(value), operand]
  switch (operator) {
    case 'eq':
      return a === b
    case 'neq':
      return a !== b
    case 'lt':
      return a < b
    case 'lte':
      return a <= b
    case 'gt':
      return a > b
    case 'gte':
      return a >= b
    default:
      return operand
        .replace(/^\(|\)$/g, '')
        .split(',')
        .includes(String(value))
  }
}

/** The payload of a `postgres_changes` event for the bindings of these ids. */
export function changePayload(change: Change, ids: number[], columns: Column[]) {
  return {
    ids,
    data: {
      schema: change.schema,
      table: change.table,
      type: change.type,
      commit_timestamp: change.commitTimestamp,
      columns,
      ...(change.type !== 'DELETE' && { record: change.record }),
      ...(change.type !== 'INSERT' && { old_record: change.oldRecord }),
      errors: null,
    },
  }
}
