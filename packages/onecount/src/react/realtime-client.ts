/** The part of Supabase's client that a page needs: the rest of it is three times as large. */
export { RealtimeClient } from '@supabase/supabase-js'
