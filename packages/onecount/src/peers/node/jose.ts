import { createRequire } from 'node:module'
import type { loadJose as Load } from '../jose'
import { requirePeer } from './require-peer'

const require = createRequire(import.meta.url)

/** With the first call. @throws OnecountError `misconfigured`, which says what to install */
export const loadJose: typeof Load = () => requirePeer('jose', () => require('jose'))
