/** Of a form of this site. */
const MOST_BYTES = 8192

/**
 * Whether a page of another site sent a request. `Sec-Fetch-Site` decides, which no page can write; else `Origin`, which
 * every browser sends with a form. With neither it is no browser, whose owner's cookies are not at stake.
 */
export function isCrossSite({ headers }: Request): boolean {
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site !== 'same-origin'
  const origin = headers.get('origin')
  if (origin === null) return false
  return !URL.canParse(origin) || new URL(origin).host !== headers.get('host')
}

/** The fields of a form; null where it is none, or too large. */
export async function readForm(request: Request): Promise<Map<string, string> | null> {
  if (!(Number(request.headers.get('content-length') ?? Number.NaN) <= MOST_BYTES)) return null
  const form = await request.formData().catch(() => null)
  return (
    form && new Map([...form].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])))
  )
}

/** Leads to a page of this site, by GET. */
export function leadTo(location: string, cookies: readonly string[] = []): Response {
  const headers = new Headers({ location, 'cache-control': 'private, no-store' })
  for (const cookie of cookies) headers.append('set-cookie', cookie)
  return new Response(null, { status: 303, headers })
}
