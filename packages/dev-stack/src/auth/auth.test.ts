import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, expect, it } from 'vitest'
import WebSocket from 'ws'
import { type LocalSupabase, startSupabase } from '../services/supabase'

const PASSWORD = 'a long enough password'
/** It compiles and fills a database as it starts: long on a busy machine. */
const START_MS = 90_000
let dir: string
let supabase: LocalSupabase

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'onecount-auth-test-'))
  supabase = await startSupabase({ dir: join(dir, 'supabase') })
}, START_MS)
afterAll(async () => {
  await supabase?.stop()
  await rm(dir, { recursive: true, force: true })
})

/** The official client, unmodified; each has a session of its own. */
const connect = (key = supabase.publishableKey): SupabaseClient =>
  createClient(supabase.url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
  })

async function signUp(email: string): Promise<SupabaseClient> {
  const client = connect()
  const { data, error } = await client.auth.signUp({ email, password: PASSWORD })
  expect(error).toBeNull()
  expect(data.user?.email).toBe(email)
  expect(data.session?.token_type).toBe('bearer')
  return client
}

/** Answers of Auth that the client was given, by address. */
function watch(): { asked: string[]; client: SupabaseClient } {
  const asked: string[] = []
  const client = createClient(supabase.url, supabase.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
    global: {
      fetch: (input, init) => {
        asked.push(new URL(String(input)).pathname)
        return fetch(input, init)
      },
    },
  })
  return { asked, client }
}

it('signs a person up and in, and knows who they are', async () => {
  const ana = await signUp('ana@example.com')
  const { data: known } = await ana.auth.getUser()
  const again = connect()
  const { data } = await again.auth.signInWithPassword({ email: 'ANA@example.com', password: PASSWORD })
  expect(data.user?.id).toBe(known.user?.id)
  expect((await again.auth.getUser()).data.user?.email).toBe('ana@example.com')
})

it('signs with a key of its own that clients verify with: no request once they have read it', async () => {
  await signUp('claims@example.com')
  const { asked, client } = watch()
  const { data } = await client.auth.signInWithPassword({ email: 'claims@example.com', password: PASSWORD })
  const first = await client.auth.getClaims()
  expect(first.error).toBeNull()
  expect(first.data?.header.alg).toBe('ES256')
  expect(first.data?.claims).toMatchObject({
    sub: data.user?.id,
    role: 'authenticated',
    aud: 'authenticated',
    email: 'claims@example.com',
    iss: `${supabase.url}/auth/v1`,
    session_id: expect.any(String),
  })
  await client.auth.getClaims()
  expect(asked).toEqual(['/auth/v1/token', '/auth/v1/.well-known/jwks.json'])

  const [head, , signature] = data.session!.access_token.split('.')
  const forged = Buffer.from(JSON.stringify({ ...first.data!.claims, sub: 'another' })).toString('base64url')
  const { error } = await client.auth.getClaims(`${head}.${forged}.${signature}`)
  expect(error?.message).toBe('Invalid JWT signature')
})

it.each([
  ['a wrong password', 'wrong@example.com', 'another password'],
  ['an e-mail that is not known', 'unknown@example.com', PASSWORD],
])('refuses %s, in the same words', async (_, email, password) => {
  if (email.startsWith('wrong')) await signUp(email)
  const { error } = await connect().auth.signInWithPassword({ email, password })
  expect(error).toMatchObject({
    status: 400,
    code: 'invalid_credentials',
    message: 'Invalid login credentials',
  })
})

it('refuses a second account of one e-mail, a short password, and an e-mail that is none', async () => {
  await signUp('twice@example.com')
  const refusal = async (email: string, password: string) =>
    (await connect().auth.signUp({ email, password })).error
  expect(await refusal('twice@example.com', PASSWORD)).toMatchObject({
    status: 422,
    code: 'user_already_exists',
  })
  expect(await refusal('short@example.com', '12345')).toMatchObject({ status: 422, code: 'weak_password' })
  expect((await refusal('no e-mail', PASSWORD))?.status).toBe(400)
})

it('gives a new refresh token for the one before, and ends them when the person signs out', async () => {
  const client = await signUp('refresh@example.com')
  const before = (await client.auth.getSession()).data.session!
  const { data } = await client.auth.refreshSession()
  const after = data.session!
  expect(after.refresh_token).not.toBe(before.refresh_token)
  expect((await client.auth.getClaims()).data?.claims.session_id).toBe(
    (await client.auth.getClaims(before.access_token)).data?.claims.session_id,
  )
  // The reply with the newer one may have been lost.
  const late = await connect().auth.refreshSession({ refresh_token: before.refresh_token })
  expect(late.data.session?.refresh_token).toBe(after.refresh_token)

  expect((await client.auth.signOut()).error).toBeNull()
  const { error } = await connect().auth.refreshSession({ refresh_token: after.refresh_token })
  expect(error).toMatchObject({ status: 400, code: 'refresh_token_not_found' })
  expect((await connect().auth.getUser(after.access_token)).error?.name).toBe('AuthSessionMissingError')
})

it('takes no request without the publishable key, and a person’s token does not stand for one', async () => {
  const client = await signUp('key@example.com')
  const { access_token } = (await client.auth.getSession()).data.session!
  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${supabase.url}/auth/v1/${path}`, { headers }).then(({ status }) => status)
  const authorization = `Bearer ${access_token}`
  expect(await ask('user', { authorization })).toBe(401)
  expect(await ask('user', { authorization, apikey: 'sb_publishable_of_another_folder' })).toBe(401)
  expect(await ask('user', { authorization, apikey: supabase.publishableKey })).toBe(200)
  expect(await ask('settings')).toBe(401)
  expect(await ask('settings', { apikey: supabase.publishableKey })).toBe(200)
  expect(await ask('.well-known/jwks.json')).toBe(200)
  const { error } = await connect('wrong').auth.signInWithPassword({
    email: 'key@example.com',
    password: PASSWORD,
  })
  expect(error?.status).toBe(401)
})

it('lets REST know the person, who may do no more than other visitors', async () => {
  const client = await signUp('rest@example.com')
  const { data, error } = await client.from('posts_new').select('id').limit(1)
  expect([error, data]).toEqual([null, []])
  expect((await client.from('post_ratings').select('*')).data ?? []).toEqual([])
  expect((await client.rpc('onecount_status', { p_partition: 0 })).error).not.toBeNull()
  for (const schema of ['auth', 'storage']) {
    const asked = await client.schema(schema).from('users').select('*')
    expect(asked.data ?? []).toEqual([])
    expect(asked.error).not.toBeNull()
  }
  const { access_token } = (await client.auth.getSession()).data.session!
  const [head, body] = access_token.split('.')
  const forged = await fetch(`${supabase.url}/rest/v1/posts_new?select=id`, {
    headers: { apikey: supabase.publishableKey, authorization: `Bearer ${head}.${body}.AAAA` },
  })
  expect(forged.status).toBe(401)
})

it(
  'keeps people, their sessions and its key over a restart, in files of this user alone',
  async () => {
    const client = await signUp('restart@example.com')
    const { access_token, refresh_token } = (await client.auth.getSession()).data.session!
    const { keys } = await (await fetch(`${supabase.url}/auth/v1/.well-known/jwks.json`)).json()
    expect(JSON.stringify(keys)).not.toContain('"d"')
    const port = Number(new URL(supabase.url).port)
    await supabase.stop()
    supabase = await startSupabase({ dir: join(dir, 'supabase'), port })

    expect((await (await fetch(`${supabase.url}/auth/v1/.well-known/jwks.json`)).json()).keys).toEqual(keys)
    expect((await connect().auth.getUser(access_token)).data.user?.email).toBe('restart@example.com')
    expect((await connect().auth.refreshSession({ refresh_token })).error).toBeNull()
    const { error } = await connect().auth.signInWithPassword({
      email: 'restart@example.com',
      password: PASSWORD,
    })
    expect(error).toBeNull()
    expect(await readdir(join(dir, 'supabase'))).toContain('signing-key')
    expect((await stat(join(dir, 'supabase/signing-key'))).mode & 0o777).toBe(0o600)
  },
  START_MS,
)
