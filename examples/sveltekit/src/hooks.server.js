import { likes } from '$lib/server/likes'

/** The drain begins with the server. */
export const init = () => void likes()

export async function handle({ event, resolve }) {
  const { handler, openPage } = likes()
  const from = { ip: event.getClientAddress() }
  if (event.url.pathname.startsWith('/api/')) return handler(event.request, from)
  event.locals.likes = await openPage(event.request, from)
  const response = await resolve(event)
  for (const [name, value] of Object.entries(event.locals.likes.headers)) response.headers.append(name, value)
  return response
}
