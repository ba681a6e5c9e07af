import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { OnecountError } from '../core/errors'
import { bodyTooLarge, MAX_BODY_BYTES } from './body'
import type { ApiRequest } from './request'

/** A request of `node:http` as the API reads it; null where the Host header or the address is no part of a URL. */
export function fromIncoming(incoming: IncomingMessage): ApiRequest | null {
  const location = locationOf(incoming)
  if (!location) return null
  const { method = 'GET', headers } = incoming
  return {
    method,
    url: location.href,
    location,
    headers: {
      get(name) {
        const value = headers[name]
        return Array.isArray(value) ? value.join(', ') : (value ?? null)
      },
    },
    text: timeoutMs => readIncoming(incoming, timeoutMs),
    toRequest: () => webRequest(incoming, location, null),
  }
}

/** Null where the Host header or the address is no part of a URL. */
export function locationOf(incoming: IncomingMessage): URL | null {
  const { headers, socket } = incoming
  try {
    const location = new URL(
      addressOf(incoming),
      `${'encrypted' in socket ? 'https' : 'http'}://${headers.host ?? 'localhost'}`,
    )
    // No Request has them either.
    return location.username || location.password ? null : location
  } catch {
    return null
  }
}

/** Express takes the path that a handler is mounted at out of `url`. */
function addressOf({ url = '/', originalUrl }: IncomingMessage & { originalUrl?: unknown }): string {
  return typeof originalUrl === 'string' ? originalUrl : url
}

/** Methods that a Request refuses to have: the handler must see them to refuse them in the documented shape. */
const FORBIDDEN = /^(CONNECT|TRACE|TRACK)$/i

/** With the body of `incoming`, where it has one and a `Request` of its method may. */
export function withBody(incoming: IncomingMessage, location: URL): Request {
  const { method = 'GET' } = incoming
  const hasNone = FORBIDDEN.test(method) || method === 'GET' || method === 'HEAD' || !hasBody(incoming)
  return webRequest(incoming, location, hasNone ? null : (Readable.toWeb(incoming) as ReadableStream))
}

function webRequest(incoming: IncomingMessage, location: URL, body: ReadableStream | null): Request {
  const { method = 'GET' } = incoming
  const isForbidden = FORBIDDEN.test(method)
  const request = new Request(location, {
    method: isForbidden ? 'OPTIONS' : method,
    headers: toHeaders(incoming.headers),
    ...(body && { body, duplex: 'half' }),
  })
  return isForbidden ? Object.defineProperty(request, 'method', { value: method }) : request
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Boolean(headers['content-length'])

function toHeaders(incoming: IncomingMessage['headers']): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming))
    headers.set(name, Array.isArray(value) ? value.join(', ') : value!)
  return headers
}

const decoder = new TextDecoder()

/** As `readText` reads the body of a web `Request`, within the same bounds. */
function readIncoming(incoming: IncomingMessage, timeoutMs: number): Promise<string> {
  if (Number(incoming.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return Promise.reject(bodyTooLarge())
  if (!hasBody(incoming)) return Promise.resolve('')
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const timer = setTimeout(() => fail(new OnecountError('request_timeout')), timeoutMs)
    const isCut = () => fail(new OnecountError('invalid_body', { detail: 'it ended too early' }))
    function leave() {
      clearTimeout(timer)
      incoming.off('data', take).off('end', finish).off('close', isCut)
    }
    function fail(error: unknown) {
      leave()
      incoming.pause()
      reject(error)
    }
    function take(chunk: Buffer) {
      bytes += chunk.byteLength
      if (bytes > MAX_BODY_BYTES) fail(bodyTooLarge())
      else chunks.push(chunk)
    }
    function finish() {
      leave()
      resolve(decoder.decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)))
    }
    incoming.on('data', take).on('end', finish).on('close', isCut).on('error', ignore)
  })
}

/** `close` follows, which says the same. */
function ignore(): void {}
