import { describe, expect, it } from 'vitest'
import { OnecountError, StoreUnavailable } from '../core/errors'
import { describeFailure } from './failure'
import { MissingSetting, UsageError } from './settings'
import { Unreachable } from './unreachable'

const HELP = 'see npx onecount serve --help'

describe('why a command could not do its work', () => {
  it.each([
    [new UsageError('--every x is no pause: use 10'), { code: 'usage', setting: '--every', fix: 'use 10' }],
    [new UsageError("Unknown option '--nope'"), { code: 'usage', setting: '--nope', fix: HELP }],
    [
      new MissingSetting('REDIS_URL is not set although DATABASE_URL is: put it there'),
      { code: 'misconfigured', setting: 'REDIS_URL', fix: 'put it there' },
    ],
    // Options of other programs are none of this one.
    [
      new MissingSetting('typescript is not installed: npm install --save-dev typescript@5'),
      { code: 'misconfigured', fix: 'npm install --save-dev typescript@5' },
    ],
    [
      new Unreachable('Redis does not answer (a: b)', 'see that REDIS_URL is its address'),
      { code: 'unreachable', setting: 'REDIS_URL', fix: 'see that REDIS_URL is its address' },
    ],
    [
      new Unreachable('The migrations are missing', 'apply what npx onecount migration --kind a prints'),
      { code: 'unreachable', fix: 'apply what npx onecount migration --kind a prints' },
    ],
    [
      new MissingSetting('Port 1 of a (b: c) is taken: stop it', {
        code: 'cannot_listen',
        setting: '--port',
      }),
      { code: 'cannot_listen', setting: '--port', fix: 'stop it' },
    ],
    [new OnecountError('post_not_found'), { code: 'post_not_found' }],
    [new StoreUnavailable('redis', new Error('gone')), { code: 'unavailable' }],
    [new Error('TypeError: no'), { code: 'internal' }],
  ])('%s', (error, failure) => {
    expect(describeFailure(error, 'serve')).toEqual({ error: error.message, ...failure })
  })
})
