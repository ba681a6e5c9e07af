import { applyMigrations } from '@onecount/dev-stack/migrations'
import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import type { PairRow, PostgresUnderTest } from 'onecount/testing'
import postgres, { type Sql } from 'postgres'
import WebSocket from 'ws'

type Tables = Omit<PostgresUnderTest, 'port' | 'close'>

const AUTHOR = {
  id: '0a000000-0000-4000-8000-000000000001',
  username: 'lucia_nature',
  display_name: 'Lucía',
  avatar_url: '/avatars/lucia.svg',
}
const content = ({ id, likes }: { id: string; likes: number }) => ({
  id,
  likes,
  author_id: AUTHOR.id,
  caption: 'Oso polar en su habitat natural',
  image_url: '/scenes/oso.svg',
})
const toPair = (row: Record<string, unknown>): PairRow => ({
  sessionId: row.session_id as string,
  op: Number(row.op),
})

/** A connection as the owner of the tables. */
export const connect = (url: string, options: postgres.Options<Record<string, never>> = {}): Sql =>
  postgres(url, { onnotice() {}, max: 10, ...options })

/** Brings a database to the newest migration. */
export async function migrate(url: string): Promise<void> {
  const sql = connect(url, { max: 1 })
  await applyMigrations(async text => [...(await sql.unsafe(text))])
  await sql.end()
}

/** The tables as their owner sees them. */
export const ownersTables = (sql: Sql): Tables => ({
  async clear() {
    await sql.unsafe(
      `delete from posts_new; delete from like_unseen; delete from like_log; delete from like_log_sums;
       delete from like_receipt; update like_settings set partitions = 1, has_redis = false`,
    )
    await sql`insert into profiles ${sql(AUTHOR)} on conflict do nothing`
  },
  async addPosts(posts) {
    await sql`insert into posts_new ${sql(posts.map(content))}`
  },
  async removePost(id) {
    await sql`delete from posts_new where id = ${id}`
  },
  async post(id) {
    const [row] = await sql`select likes, likes_rev from posts_new where id = ${id}`
    return { likes: Number(row!.likes), rev: Number(row!.likes_rev) }
  },
  async rows(table, postId) {
    const rows = await sql`select session_id, op from ${sql(table)} where post_id = ${postId} order by 1`
    return rows.map(toPair)
  },
})

export const supabaseClient = (url: string, key: string): SupabaseClient =>
  createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
  })

/** The tables as the service role sees them through the REST interface. */
export function servicesTables(client: SupabaseClient): Tables {
  const done = async (request: PromiseLike<{ error: unknown }>) => {
    const { error } = await request
    if (error) throw error
  }
  const ZEROS = '00000000-0000-0000-0000-000000000000'
  return {
    async clear() {
      await done(client.from('posts_new').delete().neq('id', ZEROS))
      await done(client.from('like_unseen').delete().neq('post_id', ZEROS))
      await done(client.from('like_log').delete().gte('id', 0))
      await done(client.from('like_log_sums').delete().neq('post_id', ZEROS))
      await done(client.from('like_receipt').delete().gte('partition', 0))
      await done(client.from('like_settings').update({ partitions: 1, has_redis: false }).eq('id', true))
      await done(client.from('profiles').upsert(AUTHOR))
    },
    addPosts: posts => done(client.from('posts_new').insert(posts.map(content))),
    removePost: id => done(client.from('posts_new').delete().eq('id', id)),
    async post(id) {
      const { data } = await client.from('posts_new').select('likes, likes_rev').eq('id', id).single()
      return { likes: data!.likes, rev: data!.likes_rev }
    },
    async rows(table, postId) {
      const { data, error } = await client
        .from(table)
        .select('session_id, op')
        .eq('post_id', postId)
        .order('session_id')
      if (error) throw error
      return data.map(toPair)
    },
  }
}
