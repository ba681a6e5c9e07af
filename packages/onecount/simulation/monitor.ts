import type { Call } from './network'

/**
 * Watches every call that a store does for what must never happen, even where it would be mended later: without it many
 * seeds would be needed to see what a missing rule leads to.
 */
export class Monitor {
  readonly #nonces = new Set<string>()
  /** Nonces in the order in which Postgres has taken them. */
  readonly #receipts: string[] = []
  /** What Redis has confirmed last; null: it may have gone back, and has not said since. */
  #confirmed: string | null = ''
  /** The right to hydrate a post that was given last, and when, as the number of the call. */
  readonly #rights = new Map<string, { token: string; at: number }>()
  /** What Redis had confirmed when a token was given. */
  readonly #tokens = new Map<string, string>()
  readonly #forgotten = new Map<string, number>()
  /** What Redis has said last; null: it has none, or has not said. */
  #epoch: string | null = null
  readonly #endedEpochs = new Set<string>()
  #calls = 0

  /** A store has lost something: it may do again what it has done before. */
  reset(): void {
    this.#receipts.length = 0
    this.#confirmed = null
    this.#rights.clear()
    this.#tokens.clear()
    this.#forgotten.clear()
    this.#epoch = null
    this.#endedEpochs.clear()
  }

  /** What is wrong with a call that a store has done; null: nothing. */
  watch(call: Call, answer: unknown): string | null {
    this.#calls++
    if (call.store === 'postgres') return this.#watchPostgres(call, answer)
    const args = call.args[1] as string[]
    if (call.name === 'collect') return this.#handedOut(args, answer as string[])
    if (call.name === 'settle' && answer === 'OK') return this.#settled(args[0]!)
    if (call.name === 'resolve' && answer !== 'LATE') this.#resolved(args[0]!, answer as string)
    if (call.name === 'begin') return this.#begun(args.slice(3), answer as string[][])
    if (call.name === 'install' && answer === 'OK') return this.#installed(args[0]!, args[1]!)
    if (call.name === 'absent') for (const post of answer as string[]) this.#forgotten.set(post, this.#calls)
    if (call.name === 'forget') for (const post of args) this.#forgotten.set(post, this.#calls)
    return null
  }

  #watchPostgres({ name, args }: Call, answer: unknown): null {
    const batch = args[0] as { nonce: string }
    if (name === 'sync' && (answer as { status: string }).status === 'applied')
      this.#receipts.push(batch.nonce)
    return null
  }

  #handedOut([, , , , , , ...rows]: string[], [nonce]: string[]): string | null {
    if (nonce === '') return null
    for (let i = 0; i < rows.length; i += 3)
      if (rows[i + 1] === '') this.#forgotten.set(rows[i]!, this.#calls)
    const isNew = !this.#nonces.has(nonce!)
    this.#nonces.add(nonce!)
    return isNew ? null : 'a nonce was handed out twice'
  }

  #settled(nonce: string): string | null {
    const before = this.#confirmed
    this.#confirmed = nonce
    const [now, then] = [this.#receipts.indexOf(nonce), this.#receipts.indexOf(before ?? '')]
    return now >= 0 && now < then ? 'a batch was settled after a later one' : null
  }

  #resolved(receipt: string, verdict: string): void {
    this.#confirmed = receipt
    if (verdict !== 'DIVERGED' || this.#epoch === null) return
    this.#endedEpochs.add(this.#epoch)
    this.#epoch = null
  }

  #begun(posts: string[], verdicts: string[][]): string | null {
    let wrong: string | null = null
    verdicts.forEach(([verdict, epoch, token], i) => {
      if (verdict !== 'MINE') return
      this.#epoch = epoch!
      if (this.#endedEpochs.has(epoch!)) wrong = 'an epoch that had ended began again'
      const before = this.#tokens.get(token!)
      if (before !== undefined && before !== this.#confirmed)
        wrong = 'a right to hydrate was given again later'
      if (this.#confirmed !== null) this.#tokens.set(token!, this.#confirmed)
      this.#rights.set(posts[i]!, { token: token!, at: this.#calls })
    })
    return wrong
  }

  #installed(post: string, token: string): string | null {
    const right = this.#rights.get(post)
    if (!right) return null
    if (right.token !== token) return `${post} was installed by somebody who had lost the right to`
    if (right.at < (this.#forgotten.get(post) ?? 0))
      return `${post} was installed as it was before it was forgotten`
    return null
  }
}
