import { createRequire } from 'node:module'
import type { loadUpstash as Load } from '../upstash'
import { requirePeer } from './require-peer'

const require = createRequire(import.meta.url)

/** With the first call. @throws OnecountError `misconfigured`, which says what to install */
export const loadUpstash: typeof Load = () => requirePeer('@upstash/redis', () => require('@upstash/redis'))
