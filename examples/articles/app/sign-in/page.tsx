import { redirect } from 'next/navigation'
import { sql } from '@/lib/database'
import { signIn } from '@/lib/session'

async function signInAs(form: FormData) {
  'use server'
  const name = String(form.get('name')).trim().toLowerCase()
  const [person] = await sql`
    insert into people (name) values (${name}) on conflict (name) do update set name = excluded.name returning id`
  await signIn(person!.id)
  redirect('/')
}

/** Of an example: it believes every name. */
export default function SignInPage() {
  return (
    <form action={signInAs}>
      <label>
        Name <input name="name" required maxLength={40} autoComplete="username" />
      </label>
      <button type="submit">Sign in</button>
    </form>
  )
}
