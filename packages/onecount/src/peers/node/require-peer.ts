import { OnecountError } from '../../core/errors'

/** A driver is an optional peer: only applications that use its store install it. @throws OnecountError `misconfigured` */
export function requirePeer<T>(name: string, load: () => T): T {
  try {
    return load()
  } catch (cause) {
    if (!isMissing(name, cause)) throw cause
    throw new OnecountError('misconfigured', {
      detail: `${name} is not installed: npm install ${name}`,
      cause,
    })
  }
}

/** An error about another package comes from inside of the peer, and says what is wrong there. */
export const isMissing = (name: string, error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(String(error.code)) &&
  error.message.includes(`'${name}'`)
