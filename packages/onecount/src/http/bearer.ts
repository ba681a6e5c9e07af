import { createHash, timingSafeEqual } from 'node:crypto'
import { OnecountError } from '../core/errors'
import type { RequestHead } from './request'

const MIN_SECRET_LENGTH = 16

/**
 * A bearer token that cannot be guessed, or undefined when there is none.
 * @throws OnecountError `misconfigured` when it is shorter than 16 characters, or no token because of its characters
 */
export const parseDrainSecret = (secret: string | undefined): string | undefined =>
  parseSecret(secret, 'ONECOUNT_DRAIN_SECRET', ' (or CRON_SECRET)')

/** Likewise, of the metrics. */
export const parseMetricsSecret = (secret: string | undefined): string | undefined =>
  parseSecret(secret, 'ONECOUNT_METRICS_SECRET')

function parseSecret(secret: string | undefined, field: string, others = ''): string | undefined {
  if (!secret) return undefined
  if (secret.length >= MIN_SECRET_LENGTH && /^[!-~]+$/.test(secret)) return secret
  throw new OnecountError('misconfigured', {
    field,
    detail: `${field}${others} needs ${MIN_SECRET_LENGTH} characters or more, without spaces, as printed by: openssl rand -hex 32`,
  })
}

/** Whether `Authorization` carries the secret as a bearer token. */
export function hasBearer(request: Pick<RequestHead, 'headers'>, secret: string): boolean {
  const [, token = ''] = /^Bearer +(\S+) *$/i.exec(request.headers.get('authorization') ?? '') ?? []
  // Digests have equal lengths: the comparison tells nothing about the length of the secret either.
  return timingSafeEqual(digest(token), digest(secret))
}

/** @throws OnecountError `unauthorized` unless `Authorization` carries the secret as a bearer token */
export function assertBearer(request: RequestHead, secret: string): void {
  if (!hasBearer(request, secret)) throw new OnecountError('unauthorized')
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
