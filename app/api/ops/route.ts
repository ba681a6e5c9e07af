import { isSecure } from 'onecount/http'
import { accessCookie, accessOf, isSecret, noAccessCookie } from '@/app/ops/access'
import { readReport } from '@/app/ops/report'
import { isCrossSite, leadTo } from '@/app/utils/form'
import { onecount } from '@/app/utils/onecount'
import { privateJson } from '@/app/utils/private-json'

/** Of the form. */
const MOST_BYTES = 4096

/** What `/ops` shows; with `since` and `after` of an answer before, the points that came since. */
export async function GET(request: Request): Promise<Response> {
  const access = accessOf(request)
  if (access === 'absent') return onecount.handlers.GET(request)
  if (access === 'refused') return privateJson(401, { message: 'The secret is missing: open /ops.' })
  const { searchParams } = new URL(request.url)
  const known = { since: Number(searchParams.get('since')), at: Number(searchParams.get('after')) }
  const report = await readReport(known)
  return report ? privateJson(200, report) : privateJson(503, { message: 'Nothing is counted: see the log.' })
}

/** The form of `/ops`: `secret` opens the page for this browser, `leave` closes it. The answer leads back. */
export async function POST(request: Request): Promise<Response> {
  if (accessOf(request) === 'absent') return onecount.handlers.POST(request)
  // A form of another site signs no operator in or out.
  if (isCrossSite(request)) return privateJson(403, { message: 'The page itself has to ask.' })

  // Read by people who are not known yet: no more than a secret is long.
  if (!(Number(request.headers.get('content-length') ?? Number.NaN) <= MOST_BYTES))
    return privateJson(413, { message: `A form of at most ${MOST_BYTES} bytes is accepted.` })
  const form = await request.formData().catch(() => null)
  if (form?.has('leave')) return leadTo('/ops', [noAccessCookie(isSecure(request))])
  const typed = form?.get('secret')
  return typeof typed === 'string' && isSecret(typed)
    ? leadTo('/ops', [accessCookie(isSecure(request))])
    : leadTo('/ops?refused=1')
}
