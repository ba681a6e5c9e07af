import type { Role } from './authorization'
import type { Hub } from './connection'

interface Sent {
  topic: string
  event: string
  payload: unknown
  private?: boolean
}

const ADDRESS = '/realtime/v1/api/broadcast'
const ONE = /^\/realtime\/v1\/api\/broadcast\/([^/]+)\/events\/([^/]+)$/

/** Whether a broadcast is sent to this address. */
export const isBroadcastAddress = (pathname: string): boolean => pathname === ADDRESS || ONE.test(pathname)

/**
 * `POST /realtime/v1/api/broadcast` with `{ messages: [{ topic, event, payload, private }] }`, and
 * `…/broadcast/<topic>/events/<event>?private=true` with the payload: 202. A private message goes out if the policies of
 * `realtime.messages` let the role of the key send it, and is dropped otherwise, also with 202, as hosted Realtime does.
 */
export function createBroadcastEndpoint(hub: Hub, roleOf: (key: string | null) => Role | null) {
  return async (request: Request): Promise<Response> => {
    const role = roleOf(request.headers.get('apikey'))
    if (!role) return refuse(401, 'wrong key')
    const body: unknown = await request.json().catch(() => null)
    const messages = messagesOf(new URL(request.url), body)
    if (!messages) return refuse(422, 'no messages')
    if (!messages.every(isMessage)) return refuse(422, 'a message has a topic, an event and a payload')
    for (const { topic, event, payload, private: isPrivate = false } of messages) {
      if (isPrivate && !(await hub.authorize(topic, role)).sends) continue
      const sent = { type: 'broadcast', event, payload }
      hub.broadcast({ topic: `realtime:${topic}`, isPrivate, payload: sent }, null)
    }
    return new Response(null, { status: 202 })
  }
}

function messagesOf({ pathname, searchParams }: URL, body: unknown): unknown[] | null {
  const [, topic, event] = ONE.exec(pathname) ?? []
  if (topic && event) {
    const isPrivate = searchParams.get('private') === 'true'
    return [
      {
        topic: decodeURIComponent(topic),
        event: decodeURIComponent(event),
        payload: body,
        private: isPrivate,
      },
    ]
  }
  const { messages } = (body ?? {}) as { messages?: unknown }
  return Array.isArray(messages) ? messages : null
}

function isMessage(message: unknown): message is Sent {
  const { topic, event, payload } = (message ?? {}) as Partial<Sent>
  return typeof topic === 'string' && typeof event === 'string' && payload instanceof Object
}

const refuse = (status: number, message: string) => Response.json({ message }, { status })
