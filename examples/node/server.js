import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { renderOneCount } from 'onecount/element/server'
import { nodeListener } from 'onecount/http'
import { handler, openPage } from './likes.js'
import { renderPage } from './page.js'
import { listPosts } from './posts.js'

const api = nodeListener(handler)
const element = await readFile(fileURLToPath(import.meta.resolve('onecount/element/bundle')))

createServer(async (request, response) => {
  if (request.url.startsWith('/api/')) return api(request, response)
  if (request.url === '/one-count.js')
    return response.setHeader('content-type', 'text/javascript').end(element)
  const [page, posts] = await Promise.all([openPage(request), listPosts()])
  const likes = await page.readLikes(posts.map(post => post.id))
  response.setHeaders(new Headers({ ...page.headers, 'content-type': 'text/html' }))
  response.end(renderPage(posts, post => renderOneCount(post.id, likes.get(post.id))))
}).listen(process.env.PORT ?? 3000, process.env.HOST)
