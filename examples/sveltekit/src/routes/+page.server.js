import { listPosts } from '$lib/server/posts'

export async function load({ locals }) {
  const posts = await listPosts()
  const likes = await locals.likes.readLikes(posts.map(post => post.id))
  return { posts: posts.map(post => ({ ...post, likes: likes.get(post.id) })) }
}
