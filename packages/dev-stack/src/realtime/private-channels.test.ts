import { createClient, type RealtimeChannel, type SupabaseClient } from '@supabase/supabase-js'
import connectPostgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { type PostgresServer, startPostgresServer } from '../services/postgres-server'
import { type LocalSupabase, startSupabase } from '../services/supabase'

/** It compiles and fills a database as it starts: long on a busy machine. */
const START_MS = 90_000
const TOPIC = 'likes:3'

describe.each(['PGlite', 'PostgreSQL'])('private channels of the local Supabase, on %s', store => {
  let postgres: PostgresServer | undefined
  let database: string | undefined
  let supabase: LocalSupabase
  const clients: SupabaseClient[] = []

  beforeAll(async () => {
    if (store === 'PostgreSQL') postgres = await startPostgresServer({ fsync: false })
    database = await postgres?.createDatabase('live')
    supabase = await startSupabase({ databaseUrl: database })
  }, START_MS)
  afterAll(async () => {
    await Promise.all(clients.map(client => client.removeAllChannels()))
    await supabase?.stop()
    await postgres?.stop()
  })

  function connect(key: string): SupabaseClient {
    const client = createClient(supabase.url, key, {
      auth: { persistSession: false, autoRefreshToken: false },
      realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
    })
    clients.push(client)
    return client
  }

  const reader = () => connect(supabase.publishableKey)
  const server = () => connect(supabase.secretKey)
  const privately = (client: SupabaseClient, topic = TOPIC) =>
    client.channel(topic, { config: { private: true, broadcast: { ack: true } } })

  /** What it hears, from the moment it has joined. */
  async function listen(channel: RealtimeChannel): Promise<unknown[]> {
    const heard: unknown[] = []
    channel.on('broadcast', { event: '*' }, ({ payload }) => heard.push(payload))
    expect(await join(channel)).toBe('SUBSCRIBED')
    return heard
  }

  const join = (channel: RealtimeChannel) =>
    new Promise<string>(resolve => {
      channel.subscribe((status, error) => resolve(error ? `${status} ${error.message}` : status))
    })

  it('lets the publishable key hear the topics that a policy names, and no other', async () => {
    const heard = await listen(privately(reader()))
    expect(await privately(server()).httpSend('likes', { likes: [['a', 1, 2]] })).toEqual({ success: true })
    await expect.poll(() => heard).toEqual([{ likes: [['a', 1, 2]] }])
    for (const topic of ['likes:x', 'likes:', 'room', "likes:1' or true --"])
      expect(await join(privately(reader(), topic))).toContain(
        `Unauthorized: You do not have permissions to read from this Channel topic: ${topic}`,
      )
  })

  it('sends nothing of a reader, over its socket or over HTTP', async () => {
    const heard = await listen(privately(reader()))
    const forger = reader()
    const socket = privately(forger)
    await listen(socket)
    // Nothing answers one who may not send.
    expect(
      await socket.send({ type: 'broadcast', event: 'likes', payload: { n: 1 } }, { timeout: 300 }),
    ).toBe('timed out')
    expect(await privately(reader()).httpSend('likes', { n: 2 })).toEqual({ success: true })
    const batch = await fetch(`${supabase.url}/realtime/v1/api/broadcast`, {
      method: 'POST',
      headers: { apikey: supabase.publishableKey, 'content-type': 'application/json' },
      body: JSON.stringify({
        messages: [{ topic: TOPIC, event: 'likes', payload: { n: 3 }, private: true }],
      }),
    })
    expect(batch.status).toBe(202)
    // A later message is heard, so they would have been heard before it.
    await privately(server()).httpSend('likes', { n: 4 })
    await expect.poll(() => heard).toEqual([{ n: 4 }])
  })

  it('keeps a public channel of the same topic apart', async () => {
    const heard = await listen(privately(reader()))
    const inPublic = await listen(reader().channel(TOPIC))
    const sender = reader().channel(TOPIC, { config: { broadcast: { ack: true } } })
    expect(await join(sender)).toBe('SUBSCRIBED')
    expect(await sender.send({ type: 'broadcast', event: 'likes', payload: { n: 1 } })).toBe('ok')
    await expect.poll(() => inPublic).toEqual([{ n: 1 }])
    await privately(server()).httpSend('likes', { n: 2 })
    await expect.poll(() => heard).toEqual([{ n: 2 }])
    expect(inPublic).toEqual([{ n: 1 }])
  })

  // PGlite belongs to the gateway: a test cannot connect to it.
  if (store === 'PostgreSQL')
    it('leaves nothing of its checks in the table', async () => {
      await listen(privately(reader()))
      const sql = connectPostgres(database!, { max: 1, onnotice() {} })
      expect(await sql`select topic, extension from realtime.messages`).toEqual([])
      await sql.end()
    })
})
