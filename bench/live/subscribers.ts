import { createClient } from '@supabase/supabase-js'
import type { LikesMessage } from 'onecount'
import WebSocket from 'ws'
import { epochMs, type Heard, type Listening, type Said } from './protocol'

/** As many visitors as asked for, each with a client and a socket of its own. */

const JOINING = 20

const { url, publishableKey, topic, subscribers } = JSON.parse(process.argv[2]!) as Listening
const heard: Heard[] = Array.from({ length: subscribers }, () => [])
const say = (said: Said) => process.send!(said)

function join(n: number): Promise<void> {
  const client = createClient(url, publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
  })
  return new Promise((resolve, reject) => {
    client
      .channel(topic, { config: { private: true } })
      .on<LikesMessage>('broadcast', { event: 'likes' }, ({ payload }) => {
        const at = epochMs()
        for (const [, , rev] of payload.likes) heard[n]!.push([rev, at])
      })
      .subscribe((status, error) => {
        if (status === 'SUBSCRIBED') resolve()
        else if (error) reject(error)
      })
  })
}

for (let n = 0; n < subscribers; n += JOINING)
  await Promise.all(Array.from({ length: Math.min(JOINING, subscribers - n) }, (_, i) => join(n + i)))
say({ joined: true })
process.on('message', () => say({ heard: heard.map(one => one.splice(0)) }))
process.on('disconnect', () => process.exit(0))
