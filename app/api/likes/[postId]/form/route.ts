import { onecount } from '@/app/utils/onecount'

/**
 * A heart pressed where no script of the page runs: its form says which way (`liked`: `true` or `false`), the API decides as it
 * does for every press, and the answer leads back to the page. Sent twice it counts once.
 */
export async function POST(
  request: Request,
  { params }: { params: Promise<{ postId: string }> },
): Promise<Response> {
  const { postId } = await params
  const liked = (await request.formData().catch(() => null))?.get('liked')
  if (liked !== 'true' && liked !== 'false')
    return refusal(400, 'The form has to say `liked`: true or false.')

  const url = new URL(`/api/likes/${encodeURIComponent(postId)}`, request.url)
  const answer =
    liked === 'true'
      ? await onecount.handlers.PUT(new Request(url, { method: 'PUT', headers: headersOf(request) }))
      : await onecount.handlers.DELETE(new Request(url, { method: 'DELETE', headers: headersOf(request) }))
  const headers = new Headers({ 'cache-control': 'no-store' })
  for (const cookie of answer.headers.getSetCookie()) headers.append('set-cookie', cookie)
  if (answer.ok) {
    headers.set('location', `${pageOf(request)}#like-${postId}`)
    return new Response(null, { status: 303, headers })
  }
  const { error } = (await answer.json()) as { error: { message: string } }
  return refusal(answer.status, error.message, headers)
}

/** The request's own, without the form that they describe. */
function headersOf(request: Request): Headers {
  const headers = new Headers(request.headers)
  for (const name of ['content-length', 'content-type', 'transfer-encoding']) headers.delete(name)
  return headers
}

/** The page on which the heart was pressed, of this site alone. */
function pageOf(request: Request): string {
  const referer = request.headers.get('referer')
  if (!referer || !URL.canParse(referer)) return '/'
  const { host, pathname, search } = new URL(referer)
  // `//` at the front would lead to another host.
  return host === request.headers.get('host') ? pathname.replace(/^\/+/, '/') + search : '/'
}

function refusal(status: number, message: string, headers = new Headers()): Response {
  headers.set('content-type', 'text/html; charset=utf-8')
  const text = message.replace(/[&<>]/g, char => `&#${char.charCodeAt(0)};`)
  const page = `<!doctype html><html lang="en"><title>Not liked</title><h1>That did not work</h1><p>${text}</p><p><a href="/">Back to the pictures</a></p></html>`
  return new Response(page, { status, headers })
}
