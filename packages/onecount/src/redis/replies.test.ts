import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { isLeftBehind, serverState, unavailable } from './replies'

/** As ioredis throws it. */
const reply = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' })

const READONLY = "READONLY You can't write against a read only replica."

describe('an error reply', () => {
  it.each([
    [READONLY, 'READONLY'],
    [`${READONLY} script: 60ba2e, on @user_script:12.`, 'READONLY'],
    [`ERR Error running script (call to f_60ba2e): @user_script:12: -${READONLY}`, 'READONLY'],
    [`ERR Error running script (call to f_60ba2e): @user_script: 12: ${READONLY}`, 'READONLY'],
    ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", 'MASTERDOWN'],
    ['LOADING Redis is loading the dataset in memory', 'LOADING'],
    ['CLUSTERDOWN Hash slot not served', 'CLUSTERDOWN'],
    ['CLUSTERDOWN The cluster is down', 'CLUSTERDOWN'],
    ['NOREPLICAS Not enough good replicas to write. script: 60ba2e, on @user_script:1.', 'NOREPLICAS'],
    [
      'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
      'UNBLOCKED',
    ],
  ])('"%s" is about the server, and another connection may help', (message, state) => {
    const error = reply(message)
    expect(serverState(error)).toBe(state)
    expect(isLeftBehind(state)).toBe(true)
    expect(unavailable(error)).toMatchObject({ store: 'redis', scope: 'store' })
  })

  it.each([
    'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
    'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.',
    'NOAUTH Authentication required.',
    'WRONGPASS invalid username-password pair or user is disabled.',
    "NOPERM User default has no permissions to run the 'evalsha' command",
  ])('"%s" is about the server, and another connection does not help', message => {
    const error = reply(message)
    expect(isLeftBehind(serverState(error))).toBe(false)
    expect(unavailable(error)).toMatchObject({ scope: 'store' })
  })

  it.each([
    'WRONGTYPE Operation against a key holding the wrong kind of value script: 60ba2e, on @user_script:3.',
    'ERR Error running script (call to f_60ba2e): @user_script:3: WRONGTYPE Operation against a key',
    "OOM command not allowed when used memory > 'maxmemory'. script: 60ba2e, on @user_script:9.",
    'ERR user_script:7: attempt to compare nil with number script: 60ba2e, on @user_script:7.',
  ])('"%s" is about one call', message => {
    expect(serverState(reply(message))).toBeNull()
    expect(unavailable(reply(message))).toMatchObject({ scope: 'call' })
  })

  it('is not what a lost connection is, whatever its message', () => {
    expect(unavailable(new Error('Command timed out'))).toMatchObject({ scope: 'store' })
    expect(serverState(new Error(READONLY))).toBeNull()
  })
})

it('a real server says so in these words', async () => {
  const server = await startRedisServer({ args: ['--cluster-enabled', 'yes'] })
  const client = new Redis(server.url, { maxRetriesPerRequest: 0 })
  const refused = await client
    .eval("return redis.call('GET', KEYS[1])", 1, 'x')
    .catch((error: unknown) => error)
  expect(serverState(refused)).toBe('CLUSTERDOWN')
  client.disconnect()
  await server.kill()
})
