import { expect } from '@playwright/test'
import { Redis } from 'ioredis'
import type { TestStack } from './stack'

/** Asks for the rank until Redis has every post: from then on it moves with every press. */
export async function rankingComplete({ url, redis }: Pick<TestStack, 'url' | 'redis'>): Promise<void> {
  const client = new Redis(redis.url)
  const isComplete = async () => {
    await (await fetch(`${url}/rank`)).arrayBuffer()
    const marks = await client.zrangebyscore('likes:rank', '-inf', '(0')
    return marks.some(mark => mark.startsWith('!epoch|'))
  }
  try {
    await expect.poll(isComplete, { intervals: [250, 1000, 3000], timeout: 240_000 }).toBe(true)
  } finally {
    client.disconnect()
  }
}
