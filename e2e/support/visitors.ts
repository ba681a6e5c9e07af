/** One anonymous person who talks to the HTTP API as the browser does: a cookie, an op a press, repeats with it. */
export class Visitor {
  #cookie = ''
  #lastOp = 0
  /** What this person was told is so: post → liked. */
  readonly acknowledged = new Map<string, boolean>()

  constructor(readonly url: string) {}

  /** The id that the server gave this person. */
  get sessionId(): string {
    return this.#cookie.split('=')[1]!.split('.')[0]!
  }

  /** Gets a session, as opening a page does. */
  async arrive(postId: string): Promise<void> {
    const response = await fetch(`${this.url}/`, { headers: { accept: 'text/html' } })
    await response.arrayBuffer()
    this.#cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    if (!this.#cookie) throw new Error(`no session came with ${postId}`)
  }

  /** Likes or unlikes, and repeats the press with its op until it is acknowledged. */
  async press(postId: string, liked: boolean): Promise<void> {
    const t = Math.max(Date.now() * 1000, Math.floor(this.#lastOp / 2) + 1)
    const op = 2 * t + Number(liked)
    this.#lastOp = op
    for (const end = Date.now() + 30_000; ; ) {
      if (await this.#send(postId, liked, op)) break
      if (Date.now() > end) throw new Error(`${postId} was not acknowledged within 30 s`)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    this.acknowledged.set(postId, liked)
  }

  async #send(postId: string, liked: boolean, op: number): Promise<boolean> {
    try {
      const response = await fetch(`${this.url}/api/likes/${postId}`, {
        method: liked ? 'PUT' : 'DELETE',
        headers: { cookie: this.#cookie, 'content-type': 'application/json', origin: this.url },
        body: JSON.stringify({ op }),
        signal: AbortSignal.timeout(5000),
      })
      await response.arrayBuffer()
      return response.ok
    } catch {
      return false
    }
  }
}
