import { fileURLToPath } from 'node:url'
import express from 'express'
import { renderOneCount } from 'onecount/element/server'
import { nodeListener } from 'onecount/http'
import { handler, openPage } from './likes.js'
import { renderPage } from './page.js'
import { listPosts } from './posts.js'

const app = express()
const element = fileURLToPath(import.meta.resolve('onecount/element/bundle'))

// Before whatever parses bodies.
app.use('/api', nodeListener(handler))
app.get('/one-count.js', (_, response) => response.sendFile(element))
app.get('/', async (request, response) => {
  const [page, posts] = await Promise.all([openPage(request), listPosts()])
  const likes = await page.readLikes(posts.map(post => post.id))
  response.set(page.headers).send(renderPage(posts, post => renderOneCount(post.id, likes.get(post.id))))
})
app.listen(process.env.PORT ?? 3000, process.env.HOST)
