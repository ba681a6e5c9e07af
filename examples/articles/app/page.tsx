import Link from 'next/link'
import { listArticles } from '@/lib/articles'
import { likedBy } from '@/lib/likes'
import { currentPerson } from '@/lib/session'
import { LikeButton } from './components/LikeButton'

export default async function Home() {
  const articles = await listArticles()
  const liked = await likedBy(await currentPerson())
  return articles.map(article => (
    <article key={article.id}>
      <h2>
        <Link href={`/articles/${article.id}`}>{article.title}</Link>
      </h2>
      <LikeButton id={article.id} count={article.like_count} isLiked={liked.has(article.id)} />
    </article>
  ))
}
