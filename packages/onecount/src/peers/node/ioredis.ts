import { createRequire } from 'node:module'
import type { loadIoredis as Load } from '../ioredis'
import { requirePeer } from './require-peer'

const require = createRequire(import.meta.url)

/** With the first call. @throws OnecountError `misconfigured`, which says what to install */
export const loadIoredis: typeof Load = () => requirePeer('ioredis', () => require('ioredis'))
