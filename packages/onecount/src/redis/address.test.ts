import { describe, expect, it } from 'vitest'
import { type RedisEnv, readRedisAddress } from './address'

const read = (REDIS_URL: string, REDIS_CLUSTER?: string) => readRedisAddress({ REDIS_URL, REDIS_CLUSTER })

describe('REDIS_URL', () => {
  it.each([
    ['redis://a:6379'],
    ['redis://:x,y@a:6379/3'],
    ['rediss://me:a%2Cb@a'],
    ['localhost:6379'],
    ['/run/redis,main.sock'],
    ['redis://a:6379,'],
    ['redis://a:6379/'],
    ['redis://a?db=3'],
    ['/run/redis.sock?db=3'],
  ])('%s is a single Redis', url => {
    expect(read(url)).toEqual({ urls: [url.replace(/,$/, '')], isCluster: false })
  })

  it.each<[string, string[]]>([
    ['redis://a:1,redis://b:2', ['redis://a:1', 'redis://b:2']],
    [' redis://a:1 , redis://b:2 ', ['redis://a:1', 'redis://b:2']],
    ['redis://a:1,b:2', ['redis://a:1', 'redis://b:2']],
    ['a:1,b:2', ['redis://a:1', 'redis://b:2']],
    ['rediss://:x@a:1,b:2,c', ['rediss://:x@a:1', 'rediss://:x@b:2', 'rediss://:x@c']],
    ['redis://a:1,redis://me:x@b:2', ['redis://me:x@a:1', 'redis://me:x@b:2']],
    ['redis://:x,y@a:1,redis://:x,y@b:2', ['redis://:x,y@a:1', 'redis://:x,y@b:2']],
    ['redis://:x@a:1,b:2,redis://:x@c:3', ['redis://:x@a:1', 'redis://:x@b:2', 'redis://:x@c:3']],
    ['redis://[::1]:1,redis://[::1]:2', ['redis://[::1]:1', 'redis://[::1]:2']],
  ])('%s is a cluster', (url, urls) => {
    expect(read(url)).toEqual({ urls, isCluster: true })
  })

  it('of one address is a cluster where REDIS_CLUSTER says so', () => {
    expect(read('rediss://:x@endpoint:6379', '1')).toEqual({
      urls: ['rediss://:x@endpoint:6379'],
      isCluster: true,
    })
    expect(read('redis://a:6379', '0')).toMatchObject({ isCluster: false })
  })

  it('may be empty', () => {
    expect(read('', '1')).toBeNull()
    expect(readRedisAddress({})).toBeNull()
  })

  it.each<[RedisEnv, string]>([
    [{ REDIS_URL: 'redis://a', REDIS_CLUSTER: 'yes' }, 'REDIS_CLUSTER is not understood'],
    [{ REDIS_URL: 'redis://a,redis://b', REDIS_CLUSTER: '0' }, 'REDIS_CLUSTER is 0'],
    [{ REDIS_URL: 'redis://a,rediss://b' }, 'mixes redis:// and rediss://'],
    [{ REDIS_URL: 'redis://:hidden@a,redis://:hidden2@b' }, 'several logins'],
    [{ REDIS_URL: 'redis://:hidden@a/1,redis://b' }, 'names a database'],
    [{ REDIS_URL: 'redis://:hidden@a:6379/abc' }, 'no number'],
    [{ REDIS_URL: 'redis://:hidden@a:6379/-1' }, 'no number'],
    [{ REDIS_URL: 'redis://:hidden@a:6379/1/2' }, 'no number'],
    [{ REDIS_URL: 'redis://:hidden@a?db=abc' }, 'no number'],
    [{ REDIS_URL: '/run/redis.sock?db=abc' }, 'no number'],
    [{ REDIS_URL: 'a:6379/2' }, 'without a scheme'],
    [{ REDIS_URL: 'redis://me:12/hidden@a' }, 'REDIS_URL cannot be read'],
    [{ REDIS_URL: 'redis://:hidden@a:6379/2', REDIS_CLUSTER: '1' }, 'names a database'],
    [{ REDIS_URL: 'redis://:hidden@a:port,redis://b' }, 'REDIS_URL cannot be read'],
    [{ REDIS_URL: 'redis://:hid/den@a,redis://b' }, 'REDIS_URL cannot be read'],
    [{ REDIS_URL: 'http://:hidden@a', REDIS_CLUSTER: '1' }, 'REDIS_URL cannot be read'],
  ])('%j is refused without its password', (env, words) => {
    const refused = () => readRedisAddress(env)
    expect(refused).toThrow(words)
    expect(refused).toThrow(/^((?!hid).)*$/)
  })
})
