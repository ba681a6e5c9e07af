import { describe, expect, it } from 'vitest'
import { ClusterRedis } from './cluster'
import { CLUSTER_FAULTS, FAULTS } from './faults'
import { FUNCTION_FAULTS, FUNCTION_PEOPLE, Functions } from './functions'
import { readOptions } from './options'
import { SingleRedis } from './single-redis'

const namesOf = (...args: string[]) => readOptions(args)?.plan.map(({ name }) => name)

describe('the options of a drill', () => {
  it('is every fault once with --short, and more of kills than of links without', () => {
    expect(namesOf('--short')).toEqual(FAULTS.map(({ name }) => name))
    const kills = FAULTS.filter(({ isKill }) => isKill).length
    expect(namesOf()).toHaveLength(200 * kills + 20 * (FAULTS.length - kills))
  })

  it('has only the faults that --only names', () => {
    expect(namesOf('--only', 'worker killed', '--kills', '2', '--links', '0')).toEqual([
      'worker killed',
      'worker killed',
    ])
  })

  it('has the faults of a cluster, on a cluster, with --cluster', () => {
    expect(namesOf('--cluster', '--short')).toEqual(CLUSTER_FAULTS.map(({ name }) => name))
    expect(readOptions(['--cluster'])!.startStore).toBe(ClusterRedis.start)
    expect(readOptions([])!.startStore).toBe(SingleRedis.start)
  })

  it('has the faults of functions, with --functions', () => {
    expect(namesOf('--functions', '--short')).toEqual(FUNCTION_FAULTS.map(({ name }) => name))
    expect(readOptions(['--functions'])).toMatchObject({
      startStore: Functions.start,
      people: FUNCTION_PEOPLE,
    })
  })

  it.each([
    [['--cluster', '--functions'], '--cluster and --functions'],
    [['--cluster', '--only', 'Redis killed'], '--only Redis killed'],
    [['--only', 'typo'], '--only typo'],
    [['--kills', '0', '--links', '0'], '--kills 0 and --links 0'],
    [['--only', 'worker killed', '--kills', '0'], '--kills 0'],
    [['--kills', '-1'], '--kills'],
    [['--links', 'many'], '--links many'],
    [['--kill', '1'], '--kill'],
  ])('%j is wrong usage', (args, words) => {
    expect(() => readOptions(args)).toThrow(words)
  })
})
