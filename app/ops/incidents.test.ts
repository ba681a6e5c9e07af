import { describe, expect, it } from 'vitest'
import type { Counted, Stores } from './figures'
import {
  afterCount,
  afterLook,
  INCIDENTS,
  type IncidentId,
  isTense,
  KEPT,
  NOTHING,
  type Watch,
} from './incidents'

const WELL: Stores = {
  status: 'ok',
  redis: 'up',
  postgres: 'up',
  isBreakerOpen: false,
  pending: 0,
  oldest: 0,
  unseen: 0,
  refused: 0,
  paused: null,
  drainedAt: null,
  drift: { differing: 0, checkedAt: null, compared: 0, failures: 0 },
}
const AWAY = { pending: null, oldest: null }

/** Looks one after the other, at 1, 2, 3, … */
const looks = (all: Partial<Stores>[], from: Watch = NOTHING): Watch =>
  all.reduce<Watch>((watch, stores, i) => afterLook(watch, { ...WELL, ...stores }, i + 1), from)
const open = ({ incidents }: Watch) => incidents.flatMap(({ id, until }) => (until === null ? [id] : []))

describe('an incident', () => {
  it('begins with the first of two looks in a row that find it, and ends with one that does not', () => {
    const down = { ...AWAY, redis: 'down' } as const
    expect(looks([down]).incidents).toEqual([])
    expect(looks([down, {}, down]).incidents).toEqual([])
    expect(looks([down, down]).incidents).toEqual([{ id: 'redis', since: 1, until: null }])
    expect(looks([down, down, down, {}]).incidents).toEqual([{ id: 'redis', since: 1, until: 4 }])
    expect([[down], [down, down], [down, down, {}], [{}]].map(all => isTense(looks(all)))).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  it.each<[IncidentId[], Partial<Stores>]>([
    [['down'], { redis: 'down', postgres: 'down', ...AWAY }],
    [['down'], { redis: 'off', postgres: 'down', ...AWAY }],
    [[], { redis: 'off', ...AWAY }],
    // What an outage explains is not named beside it.
    [['postgres'], { postgres: 'down', oldest: 300, pending: 5000, paused: 'unreachable' }],
    [['redis'], { redis: 'down', unseen: 5000, paused: 'unreachable', ...AWAY }],
    [['foreign'], { redis: 'down', paused: 'foreign', ...AWAY }],
    [['refuses-all'], { paused: 'refused', oldest: 300 }],
    [['failed'], { paused: 'failed' }],
    [['late'], { oldest: 61 }],
    [[], { oldest: 60, unseen: 1000 }],
    [['unseen'], { unseen: 1001 }],
    [['refused', 'drift'], { refused: 3, drift: { ...WELL.drift, differing: 1 } }],
  ])('the incidents %j are opened by %j', (ids, stores) => {
    expect(open(looks([stores, stores]))).toEqual(ids)
  })

  it('goes on while the store that knows of it is away', () => {
    const refused = looks([{ refused: 1 }, { refused: 1 }])
    const away = { postgres: 'down', refused: null } as const
    const still = looks([away, away], refused)
    expect(open(still).sort()).toEqual(['postgres', 'refused'])
    expect(open(looks([{}], still))).toEqual([])
  })

  it('is one of twenty that are kept, those that last among them', () => {
    const drift = { drift: { ...WELL.drift, differing: 1 } }
    const many = Array.from({ length: 30 }, () => [
      drift,
      { ...drift, oldest: 90 },
      { ...drift, oldest: 90 },
      drift,
    ])
    const { incidents } = looks(many.flat())
    expect(incidents).toHaveLength(KEPT)
    expect(incidents.filter(({ until }) => until === null).map(({ id, since }) => [id, since])).toEqual([
      ['drift', 1],
    ])
    expect(incidents[1]!.since).toBeGreaterThan(incidents[2]!.since)
  })

  it('begins when a counter grows, and lasts while it does; an empty Redis at the start is no incident', () => {
    const counted = (divergences: number, lost = 0) => ({ divergences, lost }) as Counted
    const MINUTE = 60_000
    const moved = (watch: Watch, before: Counted, now: Counted, at: number) =>
      afterCount(watch, { at: at - 2000, counted: before }, { at, counted: now }, 0)
    expect(moved(NOTHING, counted(0), counted(1), 2000).incidents).toEqual([])
    const diverged = moved(NOTHING, counted(0), counted(1), 2 * MINUTE)
    expect(open(diverged)).toEqual(['diverged'])
    expect(open(moved(NOTHING, counted(1), counted(2), 2000))).toEqual(['diverged'])
    // Looks at the stores end none of them, the next count does.
    expect(open(looks([{}, {}], diverged))).toEqual(['diverged'])
    expect(moved(diverged, counted(1), counted(1), 2 * MINUTE + 2000).incidents).toEqual([
      { id: 'diverged', since: 2 * MINUTE, until: 2 * MINUTE + 2000 },
    ])
    expect(open(moved(NOTHING, counted(1), counted(1, 3), 4000))).toEqual(['lost'])
  })

  it('has words that end as sentences, and something to do', () => {
    for (const { title, means, todo } of Object.values(INCIDENTS)) {
      expect(title).toMatch(/^[A-Z].*[^.]$/)
      for (const sentence of [means, todo]) expect(sentence).toMatch(/\.$/)
      expect(`${means}${todo}`.split('`').length % 2).toBe(1)
    }
  })
})
