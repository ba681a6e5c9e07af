import { LikeButton } from 'onecount/react'
import { likes } from '../lib/likes'
import { listPosts } from '../lib/posts'

export async function getServerSideProps({ req, res }) {
  const page = await likes().openPage(req)
  const posts = await listPosts()
  const states = await page.readLikes(posts.map(post => post.id))
  res.setHeaders(new Headers(page.headers))
  return { props: { posts: posts.map(post => ({ ...post, likes: states.get(post.id) })) } }
}

export default function Home({ posts }) {
  return posts.map(post => (
    <article key={post.id}>
      <h2>{post.caption}</h2>
      <LikeButton postId={post.id} seed={post.likes} />
    </article>
  ))
}
