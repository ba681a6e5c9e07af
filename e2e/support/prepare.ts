import { prepareSupabase } from '@onecount/dev-stack/supabase'

/** Runs once before all tests; returns the function that runs after them. */
export default prepareSupabase
