import { OnecountError, StoreUnavailable } from '../src/core/errors'
import { Unanswered } from './instances'

const isFailure = (error: unknown): boolean =>
  error instanceof Unanswered ||
  error instanceof StoreUnavailable ||
  (error instanceof OnecountError && ['unavailable', 'post_not_found', 'refused'].includes(error.code))

/**
 * What the person's browser was told; `null` when nothing was, and the error of an op that is ahead. Anything else is a
 * mistake of the engine.
 */
export async function ask<T>(work: Promise<T>, refused = () => {}): Promise<T | OnecountError | null> {
  try {
    return await work
  } catch (error) {
    if (error instanceof OnecountError && error.code === 'op_ahead') return error
    if (!isFailure(error)) throw error
    if (error instanceof OnecountError && error.code === 'refused') refused()
    return null
  }
}
