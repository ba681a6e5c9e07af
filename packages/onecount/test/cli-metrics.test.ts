import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeEach, describe, expect, it } from 'vitest'
import { INSTRUMENTS } from '../src/metrics/instruments'
import { POST, POSTS, startCli } from './support/cli'
import { forAllTests } from './support/for-all-tests'
import { parseOpenMetrics } from './support/openmetrics'
import { serving } from './support/serve'
import { startStores } from './support/stores'

const stores = forAllTests(startStores)
const cli = forAllTests(() => startCli(stores))
const servers = forAllTests(() => serving(cli))
beforeEach(() => cli.begin())

const SECRET = 'the-secret-of-prometheus'

/** Where the metrics are, as a command says it. */
const addressIn = (out: string): string | undefined => /metrics at (http:\/\/\S+)/.exec(out)?.[1]

async function scrape(url: string) {
  const response = await fetch(url)
  expect(response.headers.get('content-type')).toContain('application/openmetrics-text')
  const { samples, types } = parseOpenMetrics(await response.text())
  const sum = (name: string, labels: Record<string, string> = {}) =>
    samples
      .filter(one => one.name === name && Object.entries(labels).every(([key, of]) => one.labels[key] === of))
      .reduce((total, { value }) => total + value, 0)
  return { sum, types }
}

describe('onecount worker --metrics', () => {
  async function startWorker(args: string[] = [], env?: Record<string, string>) {
    const worker = cli.start(['worker', '--every', '10', '--metrics', '0', ...args], env)
    await expect.poll(() => addressIn(worker.output.out)).toBeDefined()
    return { ...worker, url: addressIn(worker.output.out)! }
  }

  it('answers what the worker has drained, under the names of /api/metrics, and a drift of the sample', async () => {
    const { url, child, ended } = await startWorker()
    expect(new URL(url).hostname).toBe('127.0.0.1')
    const app = stores.instance()
    for (const { id } of POSTS) await app.set(id, 'carla', true)
    await expect
      .poll(async () => (await scrape(url)).sum('onecount_drained_ops_total', { kind: 'like' }))
      .toBe(POSTS.length)
    const { sum, types } = await scrape(url)
    expect(sum('onecount_drain_batches_total', { outcome: 'applied' })).toBeGreaterThan(0)
    expect(sum('onecount_drain_step_duration_seconds_count', { step: 'sync' })).toBeGreaterThan(0)
    expect(sum('onecount_store_up', { store: 'redis' })).toBe(1)
    // Health is looked at once a second: it may be of before the batch.
    await expect.poll(async () => (await scrape(url)).sum('onecount_pending_ops')).toBe(0)
    const known = Object.keys(INSTRUMENTS).map(name => name.replace(/_total$/, ''))
    expect(known).toEqual(expect.arrayContaining([...types.keys()]))
    await expect
      .poll(async () => (await scrape(url)).sum('onecount_drift_checked_posts_total'))
      .toBeGreaterThan(0)
    expect((await scrape(url)).sum('onecount_drift_posts')).toBe(0)

    child.kill('SIGTERM')
    expect((await ended).code).toBe(0)
    await expect(fetch(url)).rejects.toThrow()
  })

  it('takes the secret where one is set, and answers nothing else', async () => {
    const { url, child } = await startWorker([], { ONECOUNT_METRICS_SECRET: SECRET })
    expect((await fetch(url)).status).toBe(401)
    for (const authorization of ['Bearer wrong-secret-of-16', SECRET])
      expect((await fetch(url, { headers: { authorization } })).status).toBe(401)
    const headers = { authorization: `Bearer ${SECRET}` }
    expect((await fetch(url, { headers })).status).toBe(200)
    expect(await (await fetch(url, { method: 'HEAD', headers })).text()).toBe('')
    expect((await fetch(url, { method: 'POST', headers })).status).toBe(405)
    expect((await fetch(new URL('/api/health', url), { headers })).status).toBe(404)
    child.kill('SIGKILL')
  })

  it('ends with a message where its port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    const { code, err } = await cli.run(['worker', '--metrics', String(port)])
    other.close()
    expect({ code, err }).toEqual({
      code: 2,
      err: `Port ${port} of 127.0.0.1 is taken: stop what listens there, or use another --metrics\n`,
    })
  })
})

describe('onecount serve --metrics', () => {
  const press = (url: string, id: string) =>
    fetch(`${url}/likes/${id}`, { method: 'PUT', headers: { connection: 'close' } })

  it('answers presses, and is not reached at the port of the likes', async () => {
    const { url, origin, output } = await servers.serve(['--metrics', '0'])
    await expect.poll(() => addressIn(output.out)).toBeDefined()
    expect((await press(url, POST.id)).status).toBe(200)
    const { sum } = await scrape(addressIn(output.out)!)
    expect(sum('onecount_presses_total', { outcome: 'accepted', store: 'redis' })).toBe(1)
    expect((await fetch(`${origin}/metrics`)).status).toBe(404)
    expect((await fetch(`${url}/metrics`)).status).toBe(404)
  })

  it('has a port for each of several processes, and each counts its own', async () => {
    const { url, output } = await servers.serve(['--metrics', '0', '--processes', '2'])
    await expect.poll(() => addressIn(output.out)).toBeDefined()
    const addresses = /metrics at (.*)\n/.exec(output.out)![1]!.split(', ')
    expect(new Set(addresses).size).toBe(2)
    for (const { id } of POSTS) expect((await press(url, id)).status).toBe(200)
    const counted = async (address: string) =>
      (await scrape(address)).sum('onecount_presses_total', { outcome: 'accepted' })
    const each = await Promise.all(addresses.map(counted))
    expect(each[0]! + each[1]!).toBe(POSTS.length)
    // The same process answers every time.
    expect(await Promise.all(addresses.map(counted))).toEqual(each)
  })
})
