import type { World } from './world'

/** The clock of a device, and what the servers have said of the time. */
export class Device {
  readonly #skewMs: number
  /** Browsers learn from every answer; other clients from a refusal alone. */
  readonly #isBrowser: boolean
  #correctionMs = 0

  constructor(private readonly world: World) {
    this.#skewMs = world.clocks.device()
    this.#isBrowser = world.random.chance(0.5)
  }

  /** Milliseconds. */
  now = (): number => this.world.now + this.#skewMs + this.#correctionMs

  learn(serverMs: number): void {
    this.#correctionMs = serverMs - this.world.now - this.#skewMs
  }

  hear(serverMs: number): void {
    if (this.#isBrowser) this.learn(serverMs)
  }
}
