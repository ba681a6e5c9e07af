import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Handler, nodeListener } from 'onecount/http'
import type { WireAnswer } from './openapi'

export interface WireRequest {
  headers?: Record<string, string>
  body?: string
  /** Says that a body comes, and sends none. */
  hangs?: boolean
}

/** The handler on a server of Node. */
export async function listenWire(handler: Handler) {
  const server: Server = createServer(nodeListener(handler)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  /** @param path below `/api`, with its query */
  async function send(
    method: string,
    path: string,
    { headers = {}, body, hangs }: WireRequest = {},
  ): Promise<WireAnswer> {
    const length = hangs ? '9' : body === undefined ? undefined : String(Buffer.byteLength(body))
    const outgoing = request({
      port,
      method,
      path: `/api${path}`,
      agent: false,
      headers: { host: 'site.example', ...headers, ...(length && { 'content-length': length }) },
    })
    const answered = once(outgoing, 'response')
    if (hangs) outgoing.flushHeaders()
    else outgoing.end(body)
    const [response] = await answered
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk)
    outgoing.destroy()
    return {
      method,
      path: path.split('?')[0]!,
      status: response.statusCode,
      headers: response.headers,
      body: Buffer.concat(chunks).toString(),
    }
  }

  return {
    send,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

export type Wire = Awaited<ReturnType<typeof listenWire>>
