import { createRequire } from 'node:module'
import type { loadPromClient as Load } from '../prom-client'
import { requirePeer } from './require-peer'

const require = createRequire(import.meta.url)

/** With the first call. @throws OnecountError `misconfigured`, which says what to install */
export const loadPromClient: typeof Load = () => requirePeer('prom-client', () => require('prom-client'))
