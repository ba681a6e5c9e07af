import type { SupabaseAccess } from 'onecount/react/supabase'
import { supabaseAccess } from '../supabase-env'

/** Where Supabase Auth is; null: people do not sign in here. Read at request time, never baked into a build. */
export const authAccess = (): SupabaseAccess | null =>
  process.env.SUPABASE_AUTH === '1' ? supabaseAccess() : null

/** Longer than this a page or a press does not wait for Auth, milliseconds. */
export const AUTH_TIMEOUT_MS = 3000
/** A form waits longer: Auth works on a password, and the person on nothing else. */
export const FORM_TIMEOUT_MS = 10_000
