import { afterEach, describe, expect, it, vi } from 'vitest'
import { createHttpTransport } from './http-transport'
import '../../test/support/react-pages'
import { LikesRefused, LikesUnreachable } from './transport'

const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'

afterEach(() => vi.unstubAllGlobals())

function answered(status: number, body: unknown, headers?: HeadersInit) {
  vi.stubGlobal('fetch', async () => new Response(JSON.stringify(body), { status, headers }))
  return createHttpTransport()
    .write(POST, true, 3)
    .catch((error: Error) => error)
}

describe('an answer that is no success', () => {
  it.each([403, 408, 429])('is no refusal when a gateway has answered %i in its own words', async status => {
    for (const body of [{ message: 'Blocked.' }, { error: 'blocked' }, { error: { code: 15 } }, [], null])
      expect(await answered(status, body, { 'retry-after': '3' })).toBeInstanceOf(LikesUnreachable)
  })

  it.each([403, 408, 429])('is a refusal when it is %i with a code of the API', async status => {
    const body = { error: { code: 'too_many_requests', message: 'Wait.' } }
    const error = await answered(status, body, { 'retry-after': '3' })
    expect(error).toBeInstanceOf(LikesRefused)
    expect(error).toMatchObject({ code: 'too_many_requests', message: 'Wait.', retryAfterMs: 3000 })
  })

  it('is no refusal when the body did not arrive in time: the press is sent again', async () => {
    const error = await answered(408, { error: { code: 'request_timeout', message: 'Send it again.' } })
    expect(error).toBeInstanceOf(LikesUnreachable)
  })

  it('is no refusal when the server has failed, whatever it says', async () => {
    const error = await answered(503, { error: { code: 'unavailable', message: 'later' } })
    expect(error).toBeInstanceOf(LikesUnreachable)
  })
})
