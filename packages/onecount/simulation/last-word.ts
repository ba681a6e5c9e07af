import { isLikedOp } from '../src/core/op'

/** One press of a person, from the moment of it until it is answered. */
export interface Press {
  readonly pair: string
  readonly liked: boolean
  /** Absent: the server assigns one. */
  op?: number
  /** No other press of the pair was open meanwhile, and the person knew of every one before. */
  isLast: boolean
  /** What was the last word before. */
  readonly before: { liked: boolean } | undefined
}

/** State of a pair when a press begins. */
export interface Known {
  /** The greatest op that a store has accepted. */
  accepted: number
  /** Postgres has been written directly: Redis may not know of it, and the other way round. */
  isSplit: boolean
}

/**
 * Who has pressed last, in real time, and was told that it counted, has the last word: the pair stays so. Told only of
 * presses that did not overlap and whose person knew what was there, or left the op to the server.
 */
export class LastWord {
  readonly #open = new Map<string, Set<Press>>()
  readonly #words = new Map<string, { liked: boolean }>()
  /** Ops that are on their way or were accepted, by pair. */
  readonly #sent = new Map<string, Set<number>>()
  /** Ops that were refused, by pair: never accepted. */
  readonly #refused = new Map<string, Set<number>>()

  begin(pair: string, liked: boolean, op: number | undefined, known: Known): Press {
    const open = getSet(this.#open, pair)
    for (const other of open) other.isLast = false
    const press: Press = { pair, liked, op, isLast: false, before: this.#words.get(pair) }
    press.isLast = open.size === 0 && this.#isLater(press, known)
    open.add(press)
    if (op !== undefined) this.#send(pair, op)
    this.#words.delete(pair)
    return press
  }

  /** The op was refused for its time, and the same press has another one. */
  restamp(press: Press, op: number, known: Known): void {
    this.#refuse(press, known)
    press.op = op
    press.isLast &&= this.#isLater(press, known)
    this.#send(press.pair, op)
  }

  /** Nothing of the press was saved. */
  refuse(press: Press, known: Known): void {
    this.#refuse(press, known)
    this.#close(press)
    if (press.isLast && press.before) this.#words.set(press.pair, press.before)
  }

  /** Acknowledged, so it is the last word if it was alone. */
  acknowledge(press: Press): void {
    this.#close(press)
    if (press.isLast) this.#words.set(press.pair, { liked: press.liked })
  }

  /** Nothing was answered: with an op it may still arrive and is compared; without one it stays open. */
  giveUp(press: Press): void {
    if (press.op !== undefined) this.#close(press)
  }

  /** Something else has been done to the pair. */
  void(pair: string): void {
    this.#words.delete(pair)
    for (const press of this.#open.get(pair) ?? []) press.isLast = false
  }

  wasRefused = (pair: string, op: number): boolean => this.#refused.get(pair)?.has(op) ?? false

  /** Ops that were sent and not refused. */
  sent = (): [pair: string, op: number][] => entries(this.#sent)
  refused = (): [pair: string, op: number][] => entries(this.#refused)

  get size(): number {
    return this.#words.size
  }

  /** Pairs that are not as the last word said, by the ops of both stores at rest. */
  broken(ops: ReadonlyMap<string, number>): string[] {
    return [...this.#words]
      .filter(([pair, { liked }]) => isLikedOp(ops.get(pair) ?? 0) !== liked)
      .map(([pair]) => pair)
  }

  /** Whether the press is later than everything that was sent. */
  #isLater({ pair, op }: Press, { accepted, isSplit }: Known): boolean {
    const sent = Math.max(0, ...getSet(this.#sent, pair))
    return op === undefined ? sent <= accepted && !isSplit : op > Math.max(sent, accepted)
  }

  /** A number that was refused may be that of a new press. */
  #send(pair: string, op: number): void {
    getSet(this.#sent, pair).add(op)
    this.#refused.get(pair)?.delete(op)
  }

  #refuse({ pair, op }: Press, { accepted }: Known): void {
    if (op === undefined) return
    // One that an earlier attempt has brought in counts all the same.
    if (op > accepted) getSet(this.#sent, pair).delete(op)
    getSet(this.#refused, pair).add(op)
  }

  #close(press: Press): void {
    this.#open.get(press.pair)?.delete(press)
  }
}

function getSet<T>(sets: Map<string, Set<T>>, key: string): Set<T> {
  const set = sets.get(key) ?? new Set()
  sets.set(key, set)
  return set
}

const entries = (sets: ReadonlyMap<string, ReadonlySet<number>>): [string, number][] =>
  [...sets].flatMap(([pair, ops]) => [...ops].map((op): [string, number] => [pair, op]))
