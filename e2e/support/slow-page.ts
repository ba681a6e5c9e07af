import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'

/** Too short to be seen, and long enough for the browser to draw what it has after every tag or two. */
const PAUSE_MS = 12

/** Beyond these lies what no screen shows at once. */
const PAUSES = 250

/** What describes the connection and not the page. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-encoding', 'content-length']

/**
 * Serves the pages of an application over a slow network: the body of each arrives tag by tag, so that the browser
 * draws it cut at every place where a network might cut it. Everything else arrives as it is. GET alone.
 *
 * @param application where it listens, without a path
 */
export async function startSlowPages(application: string) {
  const server = createServer(async (request, response) => {
    try {
      const { accept = '*/*', cookie = '' } = request.headers
      const answer = await fetch(application + request.url, {
        headers: { accept, cookie },
        redirect: 'manual',
      })
      const headers = [...answer.headers].filter(([name]) => !HOP_BY_HOP.includes(name))
      response.writeHead(answer.status, headers.flat())
      if (!answer.headers.get('content-type')?.startsWith('text/html'))
        return void response.end(Buffer.from(await answer.arrayBuffer()))
      for (const piece of cutAtTags(await answer.text())) {
        response.write(piece)
        await setTimeout(PAUSE_MS)
      }
      response.end()
    } catch {
      response.destroy()
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** The head at once, then a piece for each of the first tags of the body, then the rest. */
function cutAtTags(html: string): string[] {
  const body = html.indexOf('<body')
  const pieces = html.slice(body).split(/(?=<)/)
  return [html.slice(0, body), ...pieces.slice(0, PAUSES), pieces.slice(PAUSES).join('')]
}
