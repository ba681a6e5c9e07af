import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import fastify from 'fastify'
import { renderOneCount } from 'onecount/element/server'
import { nodeListener } from 'onecount/http'
import { handler, openPage } from './likes.js'
import { renderPage } from './page.js'
import { listPosts } from './posts.js'

const app = fastify()
const api = nodeListener(handler)
const element = await readFile(fileURLToPath(import.meta.resolve('onecount/element/bundle')))

// Before Fastify reads the body.
app.addHook('onRequest', (request, reply, next) => {
  if (!request.url.startsWith('/api/')) return next()
  reply.hijack()
  api(request.raw, reply.raw)
})
app.get('/one-count.js', (_, reply) => reply.type('text/javascript').send(element))
app.get('/', async (request, reply) => {
  const [page, posts] = await Promise.all([openPage(request.raw), listPosts()])
  const likes = await page.readLikes(posts.map(post => post.id))
  const html = renderPage(posts, post => renderOneCount(post.id, likes.get(post.id)))
  return reply.headers(page.headers).type('text/html').send(html)
})
await app.listen({ port: Number(process.env.PORT ?? 3000), host: process.env.HOST })
