import { isCrossSite, leadTo, readForm } from '@/app/utils/form'
import { onecount } from '@/app/utils/onecount'
import { privateJson } from '@/app/utils/private-json'
import { authAccess } from '@/app/utils/sign-in/access'
import { keepLikes, leaveLikes, tell } from '@/app/utils/sign-in/keep-likes'
import { HOME, nextPath } from '@/app/utils/sign-in/next-path'
import { type Person, personOf } from '@/app/utils/sign-in/person'

/**
 * The answer of a signed-in person about what this browser liked before: `answer` is `add` or `leave`. Never by itself:
 * who signs a person in with an account of their own would collect that person's likes.
 */
export async function POST(request: Request): Promise<Response> {
  if (!authAccess()) return onecount.handlers.POST(request)
  if (isCrossSite(request)) return privateJson(403, { message: 'The page itself has to ask.' })
  const form = await readForm(request)
  const answer = form?.get('answer')
  if (answer !== 'add' && answer !== 'leave') return privateJson(400, { message: 'Say add or leave.' })

  const next = nextPath(form?.get('next'))
  const leadBack = (outcome: string, cookies: string[] = []) =>
    leadTo(`${HOME}?${new URLSearchParams({ outcome, ...(next !== HOME && { next }) })}`, cookies)
  let person: Person | null
  try {
    person = await personOf(request)
    if (!person) return leadTo(`/sign-in?${new URLSearchParams({ next: HOME })}`)
    if (answer === 'leave') return leadTo(next, await leaveLikes(request, person.id))
    return leadBack('kept', [tell(request, await keepLikes(person.id))])
  } catch (error) {
    console.error(`[huella] likes of before: ${error instanceof Error ? error.message : String(error)}`)
    return leadBack('failed')
  }
}
