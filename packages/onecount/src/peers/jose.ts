import { createRemoteJWKSet, customFetch, decodeProtectedHeader, errors, jwtVerify } from 'jose'

type Used = 'createRemoteJWKSet' | 'customFetch' | 'decodeProtectedHeader' | 'errors' | 'jwtVerify'

/** jose, as a bundler finds it; plain Node gets `node/jose` in its place. */
export const loadJose = (): Pick<typeof import('jose'), Used> => ({
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  errors,
  jwtVerify,
})
