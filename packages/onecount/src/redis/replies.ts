import { StoreUnavailable } from '../core/errors'

/**
 * Error replies about the server, not about the call: until its state changes it refuses other calls, too. Redis 6 puts
 * what a script met behind words of its own (`ERR Error running script (…): @user_script:5: -READONLY …`).
 */
const ABOUT_THE_SERVER =
  /(?:^|: ?-?)(READONLY|MASTERDOWN|LOADING|CLUSTERDOWN|NOREPLICAS|UNBLOCKED|MISCONF|BUSY|NOAUTH|WRONGPASS|NOPERM) /

/** Of these: after a failover the same address may lead to a server that serves. */
const LEFT_BEHIND = new Set(['READONLY', 'MASTERDOWN', 'LOADING', 'CLUSTERDOWN', 'NOREPLICAS', 'UNBLOCKED'])

/** What a failed command says of the server: the code of its state; null: nothing, or the error is no reply. */
export function serverState(error: unknown): string | null {
  return isReply(error) ? (ABOUT_THE_SERVER.exec(error.message)?.[1] ?? null) : null
}

/** Whether another connection to the same address may meet a server that serves. */
export const isLeftBehind = (state: string | null): boolean => state !== null && LEFT_BEHIND.has(state)

export const isNoScript = (error: unknown): boolean => isReply(error) && error.message.startsWith('NOSCRIPT')

/** An error reply about one call shows that Redis is up; everything else is about Redis. */
export const unavailable = (error: unknown): StoreUnavailable =>
  new StoreUnavailable('redis', error, isReply(error) && !serverState(error) ? 'call' : 'store')

/** By name: there may be several copies of ioredis in one process. */
export const isReply = (error: unknown): error is Error =>
  error instanceof Error && error.name === 'ReplyError'
