import { unstable_cache } from 'next/cache'
import { sql } from './database'

export interface Article {
  /** A bigint, as Postgres writes it. */
  id: string
  title: string
  body: string
  like_count: number
}

/** The front page. Cached for five minutes, as articles rarely change. */
export const listArticles = unstable_cache(
  () => sql<Article[]>`select id, title, body, like_count from articles order by published_at desc`,
  ['articles'],
  { revalidate: 300 },
)

export const readArticle = unstable_cache(
  async (id: string) => {
    const [article] = await sql<Article[]>`select id, title, body, like_count from articles where id = ${id}`
    return article ?? null
  },
  ['article'],
  { revalidate: 300 },
)
