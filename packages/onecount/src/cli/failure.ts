import { OnecountError, StoreUnavailable } from '../core/errors'
import { MissingSetting, UsageError } from './settings'
import { Unreachable } from './unreachable'

/** Why a command could not do its work, for programs. */
export interface Failure {
  /** What people read on stderr. */
  error: string
  /**
   * `usage`: an option is unknown or has a wrong value. `misconfigured`: so has a setting or the configuration.
   * `unreachable`: a store does not answer or refuses the login. `unavailable`: it stopped answering. `cannot_listen`: the
   * port cannot be had. `internal`: anything else. Or a code of the engine.
   */
  code: string
  /** The option, the variable of the environment, or the field of the configuration that is wrong, where one is. */
  setting?: string
  /** What to do. */
  fix?: string
}

/** An option, or a variable of the environment. */
const NAME = /(?<![\w-])(--[a-z][a-z-]*|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|PORT)(?![\w-])/

/** Another process of the command has failed so. */
export class FailedElsewhere extends Error {
  override readonly name = 'FailedElsewhere'
  constructor(readonly failure: Failure) {
    super(failure.error)
  }
}

/** What `--json` prints of an error; `command` is the one that failed. */
export function describeFailure(error: unknown, command: string): Failure {
  if (error instanceof FailedElsewhere) return error.failure
  const message = error instanceof Error ? error.message : String(error)
  const failure = { error: message, code: codeOf(error) }
  const explains = error instanceof MissingSetting || error instanceof Unreachable
  if (!explains) return failure
  const at = error instanceof MissingSetting ? error.at : {}
  const setting = at.setting ?? NAME.exec(message)?.[1]
  const fix = at.fix ?? (error instanceof Unreachable ? error.mend : fixOf(message))
  const help = error instanceof UsageError ? `see npx onecount ${command} --help` : message
  return { ...failure, ...(setting && { setting }), fix: fix ?? help }
}

function codeOf(error: unknown): string {
  if (error instanceof UsageError) return 'usage'
  if (error instanceof MissingSetting) return error.at.code ?? 'misconfigured'
  if (error instanceof Unreachable) return 'unreachable'
  if (error instanceof OnecountError) return error.code
  return error instanceof StoreUnavailable ? 'unavailable' : 'internal'
}

/** What follows the first colon that is not within parentheses. */
const fixOf = (message: string): string | undefined =>
  /^(?:\([^)]*\)|[^(:]|:(?! ))*: (.+)$/s.exec(message)?.[1]
