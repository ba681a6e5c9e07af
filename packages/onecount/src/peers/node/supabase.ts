import { createRequire } from 'node:module'
import type { loadSupabase as Load } from '../supabase'
import { requirePeer } from './require-peer'

const require = createRequire(import.meta.url)

/** With the first call. @throws OnecountError `misconfigured`, which says what to install */
export const loadSupabase: typeof Load = () =>
  requirePeer('@supabase/supabase-js', () => require('@supabase/supabase-js'))
