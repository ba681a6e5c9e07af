import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AUTHORS, POLAR_BEAR_ID, POSTS } from './data'
import { seedFiles } from './main'

const ROOT = join(import.meta.dirname, '../..')

/** The colour at the top of a picture's sky. */
const sky = (svg: string) => svg.match(/stop-color="([^"]+)"/)?.[1]

describe('the seed', () => {
  it('has the same animal in the same place in another light each time, and no whale above the ice', () => {
    const files = seedFiles()
    const skies = new Map<string, (string | undefined)[]>()
    for (const { id, scene } of POSTS) {
      const pair = `${scene.animal} ${scene.habitat}`
      skies.set(pair, [...(skies.get(pair) ?? []), sky(files.get(`public/scenes/${id}.svg`)!)])
    }
    for (const [pair, lights] of skies) {
      const first = lights.slice(0, 3)
      expect(new Set(first).size, pair).toBe(first.length)
    }
    const whale = POSTS.find(({ scene }) => scene.animal === 'whale' && scene.habitat === 'ice')!
    const [, , y] = files.get(`public/scenes/${whale.id}.svg`)!.match(/translate\((\d+) (\d+)\)/)!
    expect(Number(y)).toBeGreaterThan(640)
  })

  it('is the output of the generator', async () => {
    for (const [path, content] of seedFiles()) {
      expect(await readFile(join(ROOT, path), 'utf8'), path).toBe(content)
    }
  })

  it('has at least 60 posts by 12 authors, each with posts of their own and an id of their own', () => {
    expect(AUTHORS).toHaveLength(12)
    expect(POSTS.length).toBeGreaterThanOrEqual(60)
    expect(new Set(POSTS.map(p => p.id)).size).toBe(POSTS.length)
    expect(new Set(POSTS.map(p => p.username))).toEqual(new Set(AUTHORS.map(a => a.username)))
    expect(POSTS.every(p => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(p.id))).toBe(true)
  })

  it('has the polar bear with 446 likes, and no other post with 446 or 447', () => {
    const bear = POSTS.find(p => p.id === POLAR_BEAR_ID)!
    expect(bear).toMatchObject({
      username: 'lucia_nature',
      caption: 'Oso polar en su habitat natural',
      likes: 446,
      ratings: 3,
    })
    expect(POSTS.filter(p => p.likes === 446 || p.likes === 447)).toEqual([bear])
  })

  it('has no post with more rows than likes', () => {
    expect(POSTS.filter(p => p.ratings > p.likes)).toEqual([])
  })

  it('draws a different picture for every post, each under 8 kB and free of scripts and outside references', () => {
    const pictures = [...seedFiles()].filter(([path]) => path.endsWith('.svg'))
    expect(new Set(pictures.map(([, svg]) => svg)).size).toBe(pictures.length)
    for (const [path, svg] of pictures) {
      expect(Buffer.byteLength(svg), path).toBeLessThan(8192)
      expect(svg.replace('http://www.w3.org/2000/svg', ''), path).not.toMatch(
        /<script|href|https?:|NaN|undefined/,
      )
    }
  })
})
