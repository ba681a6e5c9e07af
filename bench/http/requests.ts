import { connect, type Socket } from 'node:net'
import { nextOp } from 'onecount'
import { createSession } from 'onecount/http'
import { POSTS, postId } from '../stores'

/** So few that the sessions stay warm. */
const SESSIONS = 500
const below = (n: number) => Math.floor(Math.random() * n)

/** A request as bytes, made anew for each. */
export type MakeRequest = () => string

/** Presses of random sessions on random posts, each with an op, as browsers send them. */
export function presses(secret: string): MakeRequest {
  const cookies = Array.from({ length: SESSIONS }, () => createSession(secret).value)
  let last = 0
  return () => {
    const liked = Math.random() < 0.6
    last = nextOp(Date.now() * 1000, last, liked)
    const body = `{"op":${last}}`
    return `${liked ? 'PUT' : 'DELETE'} /api/likes/${postId(1 + below(POSTS))} HTTP/1.1\r\nHost: localhost\r\nCookie: onecount_session=${cookies[below(SESSIONS)]}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  }
}

/** A request of a trivial address, with the same headers and body. */
export function trivial(path: string): MakeRequest {
  const body = '{"op":3590932676680001}'
  const text = `PUT ${path} HTTP/1.1\r\nHost: localhost\r\nCookie: onecount_session=${createSession('x'.repeat(32)).value}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  return () => text
}

/** Where the answer at the beginning of `text` ends; 0: it is not whole. */
function endOfAnswer(text: string): number {
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return 0
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head + 2)) ?? []
  if (length !== undefined) return text.length >= head + 4 + Number(length) ? head + 4 + Number(length) : 0
  const last = text.indexOf('0\r\n\r\n', head + 4)
  return last < 0 ? 0 : last + 5
}

/** A connection that is kept, and sends one request after the other. */
async function openConnection(origin: string) {
  const { port } = new URL(origin)
  const socket: Socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true })
  socket.setEncoding('latin1')
  let text = ''
  let answered: (() => void) | undefined
  let failed: (error: Error) => void = () => {}
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  socket.on('data', chunk => {
    text += chunk
    const end = endOfAnswer(text)
    if (end === 0) return
    const status = text.slice(9, 12)
    const answer = text.slice(0, end)
    text = text.slice(end)
    if (status === '200') answered?.()
    else failed(new Error(`answered ${answer}`))
  })
  socket.on('close', () => failed(new Error('the connection was closed')))
  return {
    send: (request: string) =>
      new Promise<void>((resolve, reject) => {
        answered = resolve
        failed = reject
        socket.write(request, 'latin1')
      }),
    close() {
      failed = () => {}
      socket.destroy()
    },
  }
}

/** Sends requests over so many connections until the time is up; answers how long each took, milliseconds. */
export async function loadOver(origin: string, make: MakeRequest, connections: number, seconds: number) {
  const all = await Promise.all(Array.from({ length: connections }, () => openConnection(origin)))
  const times: number[] = []
  const end = performance.now() + seconds * 1000
  try {
    await Promise.all(
      all.map(async ({ send }) => {
        for (;;) {
          const started = performance.now()
          if (started >= end) return
          await send(make())
          times.push(performance.now() - started)
        }
      }),
    )
  } finally {
    for (const { close } of all) close()
  }
  return times
}
