import { createHmac, timingSafeEqual } from 'node:crypto'
import { cookies } from 'next/headers'

const COOKIE = 'articles_person'

function sign(id: string): string {
  const secret = process.env.SESSION_SECRET
  if (!secret) throw new Error('SESSION_SECRET is not set')
  return createHmac('sha256', secret).update(id).digest('base64url')
}

/** The id of the person who is signed in, from the signed cookie. */
export async function currentPerson(): Promise<string | null> {
  const [id, signature] = (await cookies()).get(COOKIE)?.value.split('.') ?? []
  if (!id || !signature) return null
  const [given, expected] = [Buffer.from(signature), Buffer.from(sign(id))]
  return given.length === expected.length && timingSafeEqual(given, expected) ? id : null
}

export async function signIn(id: string): Promise<void> {
  ;(await cookies()).set(COOKIE, `${id}.${sign(id)}`, { httpOnly: true, sameSite: 'lax' })
}
