import { OnecountError } from '../core/errors'

/** @throws OnecountError `misconfigured`, with the field: `kinds.like.target.table` */
export function fail(field: string, detail: string): never {
  throw new OnecountError('misconfigured', { field, detail: `${field}: ${detail}` })
}
