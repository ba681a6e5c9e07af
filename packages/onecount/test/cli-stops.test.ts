import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { POSTS, startCli } from './support/cli'
import { forAllTests } from './support/for-all-tests'
import { startStores } from './support/stores'

const stores = forAllTests(startStores)
const cli = forAllTests(() => startCli(stores))

/** Four posts a page; the page after the first one does `then` before it comes. */
async function inPagesOfFour(then: string) {
  await stores.sql.unsafe(`
    alter function onecount_posts rename to onecount_all_posts;
    create function onecount_posts(p_after uuid, p_limit integer) returns json language plpgsql as $$
    begin
      if p_after = '${POSTS[3]!.id}' then ${then}; end if;
      return onecount_all_posts(p_after, 4);
    end $$`)
}
const WAITS = 'perform pg_advisory_xact_lock(4)'
const FAILS = "raise exception 'the disk is gone'"

beforeEach(() => cli.begin())
afterEach(async () => {
  await stores.sql.unsafe(`
    drop function onecount_posts;
    alter function onecount_all_posts rename to onecount_posts`)
})

/** Presses Ctrl-C while the second page is on its way. */
async function interrupt(args: string[]) {
  await inPagesOfFour(WAITS)
  const lock = await stores.sql.reserve()
  await lock`select pg_advisory_lock(4)`
  const { child, output, ended } = cli.start(args)
  await expect.poll(() => output.err).toContain('4 posts')
  child.kill('SIGINT')
  await expect.poll(() => output.err).toContain('stopping')
  await lock`select pg_advisory_unlock(4)`
  lock.release()
  return ended
}

const AFTER = `--after ${POSTS[3]!.id}`

describe('onecount verify and reconcile, stopped in the middle', () => {
  it('say how to go on with the same options, and exit 2 when nothing that was compared differs', async () => {
    const { code, out, err } = await interrupt(['verify', '--json'])
    expect(err).toContain(`Not every post was compared. Go on with: npx onecount verify --json ${AFTER}`)
    expect(JSON.parse(out)).toMatchObject({ posts: 4, differences: 0, incomplete: 'interrupted' })
    expect(code).toBe(2)
  })

  it('print what was found until then, and exit 1 when something differs', async () => {
    await cli.damage()
    const { code, out, err } = await interrupt(['reconcile', '--dry-run', '--from', 'redis'])
    expect(err).toContain(`Go on with: npx onecount reconcile --dry-run --from redis ${AFTER}`)
    expect(out).toContain('dora')
    expect(out).toContain('4 posts compared, 2 differed, 0 repaired, 2 left')
    expect(code).toBe(1)
  })

  it('do so when a store fails, and exit 2', async () => {
    await cli.damage()
    await inPagesOfFour(FAILS)
    const { code, report, err } = await cli.json(['verify'])
    expect(err).toContain('the disk is gone')
    expect(err).toContain(`Go on with: npx onecount verify --json ${AFTER}`)
    expect(report).toMatchObject({ posts: 4, differences: 2, incomplete: 'failed' })
    expect(report.listed).toHaveLength(2)
    expect(code).toBe(2)
  })

  it('stop while a sample is chosen, which says how far it is', async () => {
    const { code, out, err } = await interrupt(['verify', '--sample', '3'])
    expect(err).toContain('choosing: 4 posts')
    expect(err).toContain('Not every post was compared.')
    expect(err).not.toContain('Go on with')
    expect(out).toContain('0 posts compared')
    expect(code).toBe(2)
  })
})
