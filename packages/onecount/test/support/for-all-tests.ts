import { afterAll, afterEach, beforeAll } from 'vitest'

interface Started {
  /** Closes what one test has opened. */
  end?(): unknown
  stop(): unknown
}

/**
 * Starts something before the first test of the file (or of the `describe` that calls this), ends what each test has
 * opened, and stops it after the last one. The answer is what `start` resolves to; it can be used from the first hook on.
 *
 * @example
 * const stores = forAllTests(startStores)
 * beforeEach(() => stores.begin([POST]))
 */
export function forAllTests<T extends Started>(start: () => Promise<T>): T {
  let started: T | undefined
  beforeAll(async () => {
    started = await start()
  })
  afterEach(() => started?.end?.())
  afterAll(() => started?.stop())
  return new Proxy({} as T, {
    get(_, name) {
      if (!started) throw new Error(`${String(name)} is used before the first hook of the tests`)
      return Reflect.get(started, name)
    },
  })
}
