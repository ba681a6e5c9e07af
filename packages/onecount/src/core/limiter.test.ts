import { expect, it } from 'vitest'
import { createLimiter } from './limiter'

/** Work that ends when a test says so. */
function jobs() {
  const running: string[] = []
  const ends = new Map<string, (error?: Error) => void>()
  const job = (name: string) => () =>
    new Promise<string>((resolve, reject) => {
      running.push(name)
      ends.set(name, error => {
        running.splice(running.indexOf(name), 1)
        if (error) reject(error)
        else resolve(name)
      })
    })
  return { running, job, end: (name: string, error?: Error) => ends.get(name)!(error) }
}
const settled = () => new Promise(resolve => setImmediate(resolve))

it('runs as much at once as fits, the rest in the order it came', async () => {
  const { running, job, end } = jobs()
  const limit = createLimiter(10)
  const all = Promise.all([limit(6, job('a')), limit(4, job('b')), limit(5, job('c')), limit(1, job('d'))])
  await settled()
  expect(running).toEqual(['a', 'b'])
  end('b')
  await settled()
  expect(running).toEqual(['a'])
  end('a')
  await settled()
  expect(running).toEqual(['c', 'd'])
  end('c')
  end('d')
  expect(await all).toEqual(['a', 'b', 'c', 'd'])
})

it('runs what is heavier than everything alone, and goes on after a failure', async () => {
  const { running, job, end } = jobs()
  const limit = createLimiter(10)
  const heavy = limit(50, job('heavy'))
  const light = limit(1, job('light'))
  await settled()
  expect(running).toEqual(['heavy'])
  end('heavy', new Error('broken'))
  await expect(heavy).rejects.toThrow('broken')
  await settled()
  expect(running).toEqual(['light'])
  end('light')
  expect(await light).toBe('light')
})
