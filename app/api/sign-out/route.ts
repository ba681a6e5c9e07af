import { isCrossSite, leadTo } from '@/app/utils/form'
import { onecount } from '@/app/utils/onecount'
import { privateJson } from '@/app/utils/private-json'
import { authAccess } from '@/app/utils/sign-in/access'
import { authClient, inTime } from '@/app/utils/sign-in/client'
import { noSignInCookies, storedSignIn } from '@/app/utils/sign-in/cookies'
import { askAgain } from '@/app/utils/sign-in/keep-likes'

/** Signs a person out of this browser, and of no other. Where Auth does not answer, the browser forgets the sign-in. */
export async function POST(request: Request): Promise<Response> {
  const access = authAccess()
  if (!access) return onecount.handlers.POST(request)
  if (isCrossSite(request)) return privateJson(403, { message: 'The page itself has to ask.' })
  if (storedSignIn(request)) {
    const { auth } = authClient(access, request)
    const answer = await inTime(auth.signOut({ scope: 'local' }).catch(error => ({ error })))
    if (!answer || answer.error)
      console.error(`[huella] signing out: ${answer?.error?.message ?? 'Auth does not answer'}`)
  }
  return leadTo('/', [...noSignInCookies(request), ...askAgain(request)])
}
