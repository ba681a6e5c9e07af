import { OnecountError } from '../core/errors'

export const MAX_BODY_BYTES = 1024

export const bodyTooLarge = () =>
  new OnecountError('invalid_body', { detail: `at most ${MAX_BODY_BYTES} bytes` })

/**
 * The body as text. Reads no further than the limit, whatever Content-Length says, and no longer than `timeoutMs` in
 * all: a body that comes byte by byte ends too.
 * @throws OnecountError `invalid_body`, `request_timeout`
 */
export async function readText(request: Request, timeoutMs: number): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw bodyTooLarge()
  if (!request.body) return ''
  const decoder = new TextDecoder()
  const reader = request.body.getReader()
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, timeoutMs, new OnecountError('request_timeout'))
  })
  let text = ''
  let bytes = 0
  try {
    for (;;) {
      const next = reader.read().catch((cause: unknown) => {
        throw new OnecountError('invalid_body', { detail: 'it ended too early', cause })
      })
      const { done, value } = await Promise.race([next, late])
      if (done) return text + decoder.decode()
      bytes += value.byteLength
      if (bytes > MAX_BODY_BYTES) throw bodyTooLarge()
      text += decoder.decode(value, { stream: true })
    }
  } catch (error) {
    // Not waited for: a source that sends nothing may not answer this either.
    void reader.cancel().catch(() => {})
    throw error
  } finally {
    clearTimeout(timer)
  }
}
