import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { Hono } from 'hono'
import { renderOneCount } from 'onecount/element/server'
import { handler, openPage } from './likes.js'
import { renderPage } from './page.js'
import { listPosts } from './posts.js'

const app = new Hono()
const element = await readFile(fileURLToPath(import.meta.resolve('onecount/element/bundle')), 'utf8')
const addressOf = c => ({ ip: getConnInfo(c).remote.address })

app.all('/api/*', c => handler(c.req.raw, addressOf(c)))
app.get('/one-count.js', c => c.body(element, 200, { 'content-type': 'text/javascript' }))
app.get('/', async c => {
  const [page, posts] = await Promise.all([openPage(c.req.raw, addressOf(c)), listPosts()])
  const likes = await page.readLikes(posts.map(post => post.id))
  return c.html(
    renderPage(posts, post => renderOneCount(post.id, likes.get(post.id))),
    200,
    page.headers,
  )
})
serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000), hostname: process.env.HOST })
