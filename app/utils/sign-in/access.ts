import type { SupabaseAccess } from 'onecount/react/supabase'
import { supabaseAccess } from '../supabase-env'

/** Where Supabase Auth is; null: people do not sign in here. Read at request time, never baked into a build. */
export const authAccess = (): SupabaseAccess | null =>
  process.env.SUPABASE_AUTH === '1' ? supabaseAccess() : null

/** Longer than this Auth is not waited for, milliseconds. */
export const AUTH_TIMEOUT_MS = 3000
