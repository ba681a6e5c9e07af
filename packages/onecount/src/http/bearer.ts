import { createHash, timingSafeEqual } from 'node:crypto'
import { OnecountError } from '../core/errors'

/** @throws OnecountError `unauthorized` unless `Authorization` carries the secret as a bearer token */
export function assertBearer(request: Request, secret: string): void {
  const [, token = ''] = /^Bearer +(\S+) *$/i.exec(request.headers.get('authorization') ?? '') ?? []
  // Digests have equal lengths: the comparison tells nothing about the length of the secret either.
  if (!timingSafeEqual(digest(token), digest(secret))) throw new OnecountError('unauthorized')
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
