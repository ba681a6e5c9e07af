import { prepareSupabase } from '@onecount/dev-stack/supabase'

/** Once for all tests; answers what is done after them. */
export default prepareSupabase
