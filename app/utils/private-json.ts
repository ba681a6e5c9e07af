/** A JSON answer to one visitor, which no cache may keep. */
export const privateJson = (status: number, body: object): Response =>
  Response.json(body, { status, headers: { 'cache-control': 'private, no-store' } })
