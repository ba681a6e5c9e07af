import type { FetchImplementation, JWTVerifyGetKey } from 'jose'
import { loadJose } from '../peers/jose'

/** The keys are fetched again when they are this old, behind the answer; milliseconds. */
const FRESH_MS = 10 * 60_000
/** While their address does not answer, keys are used for this long: one that was withdrawn ends then. */
const STALE_MS = 60 * 60_000
/** A token of an unknown key fetches the keys at most this often. */
const COOLDOWN_MS = 10_000
/** After a failure they are not fetched again for this long: tokens that arrive meanwhile fail at once. */
const PAUSE_MS = 2000

/** The keys could not be had: nothing is known about the token. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable'
}

export interface RemoteKeysOptions {
  /** Deadline of one fetch, milliseconds. */
  timeoutMs: number
  /** Milliseconds. */
  now?: () => number
}

/**
 * The keys of a JSON Web Key Set, fetched with the first token and kept. Keys that are rotated are met when a token names
 * one that is not known yet. @throws KeysUnavailable from the function that is returned; what jose throws where no key fits
 */
export function remoteKeys(url: URL, { timeoutMs, now = Date.now }: RemoteKeysOptions): JWTVerifyGetKey {
  const { createRemoteJWKSet, customFetch, errors } = loadJose()
  // What is the token's fault, or that of its header: the keys are there, and none of them is its own.
  const ofTheToken = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported]
  let failure: { at: number; error: unknown } | undefined
  let fetchedAt = 0
  const keys = createRemoteJWKSet(url, {
    timeoutDuration: timeoutMs,
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: STALE_MS,
    [customFetch]: (async (address, init) => {
      if (isPaused()) throw failure!.error
      fetchedAt = now()
      return fetch(address, init)
    }) satisfies FetchImplementation,
  })
  const isPaused = () => failure !== undefined && now() - failure.at < PAUSE_MS
  const note = (error: unknown): void => {
    if (!isPaused()) failure = { at: now(), error }
  }

  return async (header, token) => {
    try {
      const key = await keys(header, token)
      if (now() - fetchedAt >= FRESH_MS) keys.reload().catch(note)
      return key
    } catch (error) {
      if (ofTheToken.some(kind => error instanceof kind)) throw error
      note(error)
      const why = error instanceof Error ? error.message : String(error)
      throw new KeysUnavailable(`the keys at ${url.origin}${url.pathname} cannot be had (${why})`, {
        cause: error,
      })
    }
  }
}
