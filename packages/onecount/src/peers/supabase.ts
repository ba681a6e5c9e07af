import { createClient } from '@supabase/supabase-js'

/** The Supabase client, as a bundler finds it; plain Node gets `node/supabase` in its place. */
export const loadSupabase = () => ({ createClient })
