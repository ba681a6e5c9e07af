import { isCrossSite, leadTo, readForm } from '@/app/utils/form'
import { onecount } from '@/app/utils/onecount'
import { privateJson } from '@/app/utils/private-json'
import { authAccess } from '@/app/utils/sign-in/access'
import { takeAttempt } from '@/app/utils/sign-in/attempts'
import { authenticate, type Problem, problemOf } from '@/app/utils/sign-in/authenticate'
import { isPrivateConnection, shortCookie } from '@/app/utils/sign-in/cookies'
import { askAgain, waitingLikes } from '@/app/utils/sign-in/keep-likes'
import { HOME, nextPath } from '@/app/utils/sign-in/next-path'

/** What was typed stands in the form again, after a mistake; seconds. */
const TYPED_SECONDS = 120

/**
 * The form of `/sign-in`: `email`, `password`, `new` for a new account, and `next`, where to go on to. The answer leads
 * there, to the question about what this browser liked before, or back to the form with what is in the way.
 */
export async function POST(request: Request): Promise<Response> {
  const access = authAccess()
  if (!access) return onecount.handlers.POST(request)
  // A form of another site would sign a person in as its own, and collect what they like.
  if (isCrossSite(request)) return privateJson(403, { message: 'The page itself has to ask.' })
  const form = await readForm(request)
  if (!form) return privateJson(400, { message: 'Send the form of /sign-in.' })

  const email = (form.get('email') ?? '').trim().toLowerCase()
  const isNew = form.has('new')
  const next = nextPath(form.get('next'))
  const typed = { email, password: form.get('password') ?? '', isNew }
  const refuse = (problem: Problem) => {
    const query = new URLSearchParams({ problem, ...(isNew && { new: '1' }), ...(next !== HOME && { next }) })
    return leadTo(`/sign-in?${query}`, [
      shortCookie(request, 'huella-typed', email.slice(0, 254), TYPED_SECONDS),
    ])
  }

  if (!isPrivateConnection(request)) return refuse('insecure')
  const problem = problemOf(typed)
  if (problem) return refuse(problem)
  if ((await takeAttempt(request, email)) !== null) return refuse('wait')
  const outcome = await authenticate(access, request, typed)
  if ('problem' in outcome) return refuse(outcome.problem)

  const cookies = [...outcome.cookies, shortCookie(request, 'huella-typed', '', 0), ...askAgain(request)]
  return leadTo((await hasQuestion(request, outcome.personId)) ? asking(next) : next, cookies)
}

/** Whether this browser liked something before. Where that cannot be told now, "My likes" asks later. */
const hasQuestion = (request: Request, personId: string): Promise<boolean> =>
  waitingLikes(request, personId).then(
    waiting => waiting !== null,
    () => false,
  )

const asking = (next: string): string => (next === HOME ? HOME : `${HOME}?${new URLSearchParams({ next })}`)
