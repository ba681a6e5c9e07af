import { createEngines, DEFAULT_KIND_CONFIG, type DrainLoop, defineConfig } from 'onecount'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { withOldNames } from '../src/core/old-names'
import { forAllTests } from './support/for-all-tests'
import { startStores } from './support/stores'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
const PEOPLE = ['ana', 'ben', 'eva']

const stores = forAllTests(startStores)
beforeEach(() => stores.begin([POST]))

const likes = async () => (await stores.compare(POST)).postgres.count - POST.base

/** Engines of one kind, `like`, whose drain nothing but a call begins. */
function createBoth() {
  const { redis, postgres } = stores.ports()
  const drain = { lingerMs: 60_000, idleMs: 0 }
  const engines = createEngines(defineConfig({ kinds: { like: DEFAULT_KIND_CONFIG } }), {
    redis,
    postgres: () => postgres,
    drain,
  })
  return { engine: stores.instance({ drain, settings: { batchSize: 1 } }), engines }
}

describe('the names that the drain had in 0.1', () => {
  it('drain as those that replace them', async () => {
    const { engine, engines } = createBoth()
    await engine.drainer.flush()
    const press = (liked: boolean) => Promise.all(PEOPLE.map(person => engine.set(POST.id, person, liked)))
    const names: [name: string, drain: () => Promise<unknown>, answer: object][] = [
      ['engine.drainOnce', () => engine.drainOnce(5000), { drained: 3, more: false }],
      ['engine.drainOnce with its default', () => engine.drainOnce(), { drained: 3, more: false }],
      ['engine.drain.drain', () => engine.drain.drain(), { drained: 3, more: false }],
      ['engines.drain.drain', () => engines.drain.drain(), { drained: 3, more: false }],
      [
        'engines.drainOnce',
        () => engines.drainOnce(5000),
        { drained: 3, more: false, kinds: { like: { drained: 3, more: false } } },
      ],
      ['engine.drain.stop', () => engine.drain.stop(), {}],
    ]
    for (const [i, [name, drain, answer]] of names.entries()) {
      await press(i % 2 === 0)
      expect((await drain()) ?? {}, name).toMatchObject(answer)
      expect(await likes(), name).toBe(i % 2 === 0 ? 3 : 0)
    }
  })

  it('have no limit of time where none is given to drain.drain', async () => {
    const { engine } = createBoth()
    const flush = vi.fn(engine.drainer.flush)
    const old = withOldNames({ ...engine.drainer, flush })
    await old.drain()
    await old.drain({ budgetMs: 9, whenHeld: 'wait' })
    expect(flush.mock.calls).toEqual([
      [{ budgetMs: Number.POSITIVE_INFINITY }],
      [{ budgetMs: 9, whenHeld: 'wait' }],
    ])
  })

  it('end at the time that is given, and leave the rest pending', async () => {
    const { engine } = createBoth()
    await engine.drainer.flush()
    for (const person of PEOPLE) await engine.set(POST.id, person, true)
    expect(await engine.drainOnce(0)).toEqual({ drained: 1, more: true })
    expect(await engine.drain.once()).toMatchObject({ outcome: 'drained', drained: 1, more: true })
    expect(await engine.drainer.tick()).toMatchObject({ outcome: 'drained', drained: 1 })
    expect(await likes()).toBe(3)
  })

  it('are one drain with the new ones: what one starts the other stops', async () => {
    const { engine } = createBoth()
    const old: DrainLoop = engine.drain
    old.start()
    await engine.set(POST.id, 'ana', true)
    await engine.drainer.stop()
    expect(await likes()).toBe(1)
    expect(old.lastDrainAt()).toBe(engine.drainer.lastDrainAt())
    expect(await old.hasWork()).toBe(false)
  })
})
