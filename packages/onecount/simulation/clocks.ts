import type { Random } from '../test/support/random'
import type { Fault } from './faults'

/** Clocks of instances are off by so much at most, milliseconds: as those that are set by a time server. */
const SKEW_MS = 200
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const YEAR = 365 * 24 * HOUR
/** How far instances are apart that nothing sets. */
const APART_MS = [-5 * MINUTE, -30_000, 0, 30_000, 5 * MINUTE]
/** How far the clocks of devices are off: one that is a little ahead is still believed. */
const DEVICE_MS = [-YEAR, -HOUR, -2 * MINUTE, -3000, 0, 3000, 2 * MINUTE, HOUR, YEAR]

/** How far every clock of a world is from its time, milliseconds. */
export class Clocks {
  readonly #instances = new Map<string, number>()
  #latest = 0
  /** Of Redis: wrong only where those of instances are right. One of the two has to be. */
  readonly redis: number

  constructor(
    private readonly random: Random,
    private readonly faults: ReadonlySet<Fault>,
  ) {
    const isOff = faults.has('redis clock') && !this.areApart && !faults.has('clock skew')
    this.redis = isOff ? random.pick([-HOUR, -5 * MINUTE, 5 * MINUTE, HOUR]) : 0
  }

  /** Instances do not agree about the time. */
  get areApart(): boolean {
    return this.faults.has('servers apart') || this.faults.has('clock set back')
  }

  of(instance: string): number {
    const known = this.#instances.get(instance)
    if (known !== undefined) return known
    const small = this.faults.has('clock skew') ? this.random.below(2 * SKEW_MS) - SKEW_MS : 0
    const skew = this.faults.has('servers apart') ? this.random.pick(APART_MS) + small : small
    this.#instances.set(instance, skew)
    this.#latest = Math.max(this.#latest, skew)
    return skew
  }

  /** Of the instances that there have been, the one that is furthest ahead. */
  get latest(): number {
    return this.#latest
  }

  setBack(instance: string): void {
    this.#instances.set(instance, this.of(instance) - HOUR)
  }

  /** Of a tab's device. */
  device(): number {
    return this.faults.has('client clocks') ? this.random.pick(DEVICE_MS) : 0
  }
}
