import { notFound } from 'next/navigation'
import { LikeButton } from '@/app/components/LikeButton'
import { readArticle } from '@/lib/articles'
import { likedBy } from '@/lib/likes'
import { currentPerson } from '@/lib/session'

export default async function ArticlePage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params
  const article = /^[1-9]\d{0,17}$/.test(id) ? await readArticle(id) : null
  if (!article) notFound()
  const liked = await likedBy(await currentPerson())
  return (
    <article>
      <h1>{article.title}</h1>
      <p>{article.body}</p>
      <LikeButton id={id} count={article.like_count} isLiked={liked.has(id)} />
    </article>
  )
}
