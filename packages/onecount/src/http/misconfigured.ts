import { OnecountError } from '../core/errors'

/** A setting that cannot be used; `detail` names it and says what to do. */
export const misconfigured = (field: string, detail: string) =>
  new OnecountError('misconfigured', { field, detail })
