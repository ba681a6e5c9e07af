import { expect } from '@playwright/test'
import { drained } from './drained'
import { type LocalStack, openVisitor } from './local-stack'

const PEOPLE = 12
const PRESSES = 12

/** Many people press at once over HTTP: Postgres has each heart as it was answered last, and counts that agree. */
export async function expectPressesInPostgres(stores: LocalStack['stores']): Promise<void> {
  const before = await postgresOf(stores)
  const posts = [...before.likes.keys()].slice(0, 6)
  const visitors = await Promise.all(Array.from({ length: PEOPLE }, () => openVisitor(stores.appUrl)))
  const hearts = await Promise.all(
    visitors.map(async (visitor, person) => {
      const own = new Map<string, boolean>()
      for (let n = 0; n < PRESSES; n++) {
        const post = posts[(person * 7 + n * 5) % posts.length]!
        const answer = await visitor.press(post, !own.get(post))
        expect(answer).toMatchObject({ liked: !own.get(post), source: 'redis' })
        own.set(post, answer.liked)
      }
      return own
    }),
  )
  await drained(stores.appUrl)
  const after = await postgresOf(stores)
  for (const post of posts) {
    const liked = hearts.filter(own => own.get(post)).length
    expect(after.likes.get(post)! - before.likes.get(post)!, post).toBe(liked)
    expect((after.rows.get(post) ?? 0) - (before.rows.get(post) ?? 0), post).toBe(liked)
  }
}

/** Likes and rows of every post, by its id. */
export async function postgresOf({ supabaseUrl, secretKey }: LocalStack['stores']) {
  const select = async <Row>(query: string): Promise<Row[]> => {
    const headers = { apikey: secretKey, authorization: `Bearer ${secretKey}` }
    return (await fetch(`${supabaseUrl}/rest/v1/${query}`, { headers })).json()
  }
  const posts = await select<{ id: string; likes: number }>('posts_new?select=id,likes&order=id')
  const ratings = await select<{ post_id: string }>('post_ratings?select=post_id')
  const rows = new Map<string, number>()
  for (const { post_id } of ratings) rows.set(post_id, (rows.get(post_id) ?? 0) + 1)
  return { likes: new Map(posts.map(({ id, likes }) => [id, likes])), rows }
}
