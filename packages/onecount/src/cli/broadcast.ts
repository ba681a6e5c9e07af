import type { BroadcastPort } from '../core/ports'
import { serverClient } from '../postgres/server-client'
import { supabaseBroadcast } from '../supabase/broadcast'
import { loadSupabase } from './drivers'
import { MissingSetting, type StoreSettings } from './settings'
import { openAddress, supabaseAddress } from './unreachable'

/** Of every command that drains for an application. */
export const BROADCAST_OPTION = { broadcast: { type: 'boolean' } } as const

export const BROADCAST_HELP =
  '  --broadcast      tell pages of likes through Supabase Realtime, by SUPABASE_URL and SUPABASE_SECRET_KEY'

/** What tells pages of likes, where it was asked for. @throws MissingSetting */
export async function openBroadcast(
  isAsked: boolean | undefined,
  { supabaseUrl, secretKey }: StoreSettings,
): Promise<BroadcastPort | null> {
  if (!isAsked) return null
  if (!supabaseUrl || !secretKey)
    throw new MissingSetting(
      `${supabaseUrl ? 'SUPABASE_SECRET_KEY' : 'SUPABASE_URL'} is not set: --broadcast sends to the Realtime of that project`,
    )
  const createClient = await loadSupabase()
  return openAddress(supabaseAddress(supabaseUrl), () =>
    supabaseBroadcast(createClient(supabaseUrl, secretKey, serverClient())),
  )
}
