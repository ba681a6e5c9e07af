import { connection } from 'next/server'
import { broadcastsLikes } from '@/app/utils/broadcasts-likes'
import { supabaseAccess } from '@/app/utils/supabase-env'
import { RealtimeLikes } from './RealtimeLikes'

/** Tells the browser where Supabase is: asked for with each page, so that one build runs anywhere. */
export async function Realtime() {
  await connection()
  return <RealtimeLikes access={supabaseAccess()} broadcast={broadcastsLikes()} />
}
