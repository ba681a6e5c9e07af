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

/** An option, or a variable of the environment; the latter alone where advice may name options of other programs. */
const NAME = /(?<![\w-])(--[a-z][a-z-]*|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|PORT)(?![\w-])/
const VARIABLE = /(?<![\w-])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?![\w-])/

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
  if (error instanceof Unreachable) {
    const setting = VARIABLE.exec(error.fix)?.[1]
    return { ...failure, ...(setting && { setting }), fix: error.fix }
  }
  if (!(error instanceof MissingSetting)) return failure
  const [found, fix] = halvesOf(message)
  const setting = error.at.setting ?? NAME.exec(found)?.[1]
  const help = error instanceof UsageError ? `see npx onecount ${command} --help` : message
  return { ...failure, ...(setting && { setting }), fix: error.at.fix ?? fix ?? help }
}

function codeOf(error: unknown): string {
  if (error instanceof UsageError) return 'usage'
  if (error instanceof MissingSetting) return error.at.code ?? 'misconfigured'
  if (error instanceof Unreachable) return 'unreachable'
  if (error instanceof OnecountError) return error.code
  return error instanceof StoreUnavailable ? 'unavailable' : 'internal'
}

/** What is wrong, and what follows the first colon that is not within parentheses: what to do. */
function halvesOf(message: string): [found: string, fix?: string] {
  const [, found, fix] = /^((?:\([^)]*\)|[^(:]|:(?! ))*): (.+)$/s.exec(message) ?? []
  return found === undefined ? [message] : [found, fix]
}
