import { readText } from './body'

/** What is looked at of a request before its body. A web `Request` is one. */
export interface RequestHead {
  /** As `GET`. */
  readonly method: string
  /** With scheme and host. */
  readonly url: string
  /** By name, in any case. */
  readonly headers: { get(name: string): string | null }
}

/** A request as the API reads it. Servers of Node give theirs without making a web `Request` of it. */
export interface ApiRequest extends RequestHead {
  readonly location: URL
  /** The body. @throws OnecountError `invalid_body`, `request_timeout` */
  text(timeoutMs: number): Promise<string>
  /** For `session` of the application, which reads web requests. Its body has been read, or is not there. */
  toRequest(): Request
}

/** @throws TypeError where `request` has no absolute URL, which no web `Request` is without */
export function fromRequest(request: Request): ApiRequest {
  const { method, url, headers } = request
  return {
    method,
    url,
    headers,
    location: new URL(url),
    text: timeoutMs => readText(request, timeoutMs),
    toRequest: () => request,
  }
}
