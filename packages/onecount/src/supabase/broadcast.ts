import type { BroadcastPort } from '../core/ports'
import { LIKES_EVENT, type LikesMessage, type ToldLikes } from '../core/topics'
import { loadSupabase } from '../peers/supabase'
import { serverClient } from '../postgres/server-client'
import type { SupabaseEnv } from '../postgres/supabase-env'

/** What is used of a channel of the Supabase client. */
export interface BroadcastChannel {
  /** Where messages are sent to, also by servers of before 2.97. */
  readonly broadcastEndpointURL: string
  /** Sends one message over HTTP. */
  httpSend(event: string, payload: unknown, options?: { timeout?: number }): Promise<{ success: boolean }>
}

/** What is used of a Supabase client, whose types an application with another one does not have. */
export interface SupabaseBroadcastClient {
  /** The channel of a topic; joins nothing. */
  channel(topic: string, options: { config: { private: boolean } }): BroadcastChannel
  /** With what it was made. */
  readonly realtime: {
    readonly apiKey: string | null
    readonly accessTokenValue: string | null
    readonly fetch: typeof fetch
  }
}

const TIMEOUT_MS = 4000

/**
 * Broadcasts likes through a Supabase client made with the secret (service role) key: over HTTP, so no socket is opened.
 * A Realtime from before 2.97 is sent to at the address that it has.
 * @example
 * createOnecount({ redis, postgres, broadcast: supabaseBroadcast(createClient(url, secretKey)) })
 */
export function supabaseBroadcast(client: SupabaseBroadcastClient): BroadcastPort {
  const channels = new Map<string, BroadcastChannel>()
  let isOlder = false

  function channelOf(topic: string): BroadcastChannel {
    const channel = channels.get(topic) ?? client.channel(topic, { config: { private: true } })
    channels.set(topic, channel)
    return channel
  }

  async function send(topic: string, likes: ToldLikes[]): Promise<void> {
    const channel = channelOf(topic)
    const payload: LikesMessage = { likes }
    if (isOlder) return sendInBatch(channel, topic, payload)
    try {
      await channel.httpSend(LIKES_EVENT, payload, { timeout: TIMEOUT_MS })
    } catch (error) {
      // The client says so in words alone.
      if (!(error instanceof Error && /\b404\b/.test(error.message))) throw error
      await sendInBatch(channel, topic, payload)
      isOlder = true
    }
  }

  /** The address of before, which takes a list of messages. @throws Error where it was not accepted */
  async function sendInBatch(
    { broadcastEndpointURL }: BroadcastChannel,
    topic: string,
    payload: LikesMessage,
  ): Promise<void> {
    const { apiKey, accessTokenValue, fetch } = client.realtime
    const response = await fetch(broadcastEndpointURL, {
      method: 'POST',
      headers: {
        apikey: apiKey ?? '',
        'content-type': 'application/json',
        ...(accessTokenValue && { authorization: `Bearer ${accessTokenValue}` }),
      },
      body: JSON.stringify({ messages: [{ topic, event: LIKES_EVENT, payload, private: true }] }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`Realtime answered ${response.status}`)
  }

  return { send }
}

/**
 * Broadcasts likes through the Supabase project that the environment names, as `supabaseFromEnv` has it. Null where the
 * address or the key is missing: nothing is broadcast.
 * @example
 * onecountNext({ redis: redisFromEnv, postgres: supabaseFromEnv, broadcast: broadcastFromEnv })
 *
 * @throws OnecountError `misconfigured` where `@supabase/supabase-js` is not installed
 */
export function broadcastFromEnv(env: SupabaseEnv): BroadcastPort | null {
  const url = env.SUPABASE_URL || env.NEXT_PUBLIC_SUPABASE_URL
  const key = env.SUPABASE_SECRET_KEY || env.SUPABASE_SERVICE_ROLE_KEY
  if (!url || !key) return null
  const { createClient } = loadSupabase()
  return supabaseBroadcast(createClient(url, key, serverClient()))
}
