import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'

/** A key that signs access tokens with ES256, as the keys of a hosted project do. */
export interface SigningKey {
  privateKey: KeyObject
  publicKey: KeyObject
  /** What `/.well-known/jwks.json` shows of it. */
  jwk: { kid: string; alg: 'ES256'; use: 'sig'; key_ops: string[]; [name: string]: unknown }
}

/** A new private key, as text that can be kept. */
export function newSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64url')
}

/** @param text what `newSigningKey` made */
export function readSigningKey(text: string): SigningKey {
  const privateKey = createPrivateKey({
    key: Buffer.from(text, 'base64url'),
    format: 'der',
    type: 'pkcs8',
  })
  const publicKey = createPublicKey(privateKey)
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
  // The thumbprint of RFC 7638: members in this order, and nothing else.
  const thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x, y }))
  const kid = thumbprint.digest('base64url')
  const jwk = { kty, crv, x, y, kid, alg: 'ES256' as const, use: 'sig' as const, key_ops: ['verify'] }
  return { privateKey, publicKey, jwk }
}
