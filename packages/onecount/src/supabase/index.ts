export { supabasePort } from '../postgres/supabase'
