import { LikeButton } from 'onecount/react'
import { data } from 'react-router'
import { likes } from '../likes.server.js'
import { listPosts } from '../posts.server.js'

export async function loader({ request }) {
  const page = await likes().openPage(request)
  const posts = await listPosts()
  const states = await page.readLikes(posts.map(post => post.id))
  return data(
    posts.map(post => ({ ...post, likes: states.get(post.id) })),
    { headers: page.headers },
  )
}
export const headers = ({ loaderHeaders }) => loaderHeaders

export default function Home({ loaderData: posts }) {
  return posts.map(post => (
    <article key={post.id}>
      <h2>{post.caption}</h2>
      <LikeButton postId={post.id} seed={post.likes} />
    </article>
  ))
}
