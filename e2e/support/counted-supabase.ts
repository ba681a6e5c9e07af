import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { LocalSupabase } from '@onecount/dev-stack/supabase'

/** An answer of the REST API. */
export interface CountedAnswer {
  /** `posts_new`, `rpc/onecount_snapshot`. */
  of: string
  rows: number
  bytes: number
}

/** The REST API of a Supabase as an application reaches it, with what it answers. */
export interface CountedSupabase {
  url: string
  /** What was answered since the last call. */
  take(): CountedAnswer[]
  close(): Promise<void>
}

/** Headers that are not passed on. */
const OF_A_CONNECTION = [
  'connection',
  'content-encoding',
  'content-length',
  'host',
  'keep-alive',
  'transfer-encoding',
]

/** Passes requests on to what `target` names once it is known, and counts the rows in the answers. */
export async function countSupabase(target: () => Pick<LocalSupabase, 'url'>): Promise<CountedSupabase> {
  let answers: CountedAnswer[] = []
  const server = createServer(async (request, response) => {
    try {
      const headers = Object.entries(request.headers).filter(([name]) => !OF_A_CONNECTION.includes(name))
      const answer = await fetch(target().url + request.url, {
        method: request.method,
        headers: Object.fromEntries(headers) as Record<string, string>,
        body: ['GET', 'HEAD'].includes(request.method!) ? undefined : await bodyOf(request),
      })
      const text = await answer.text()
      const of = /^\/rest\/v1\/([^?]+)/.exec(request.url!)?.[1]
      if (of) answers.push({ of, rows: rowsOf(text), bytes: text.length })
      const passed = [...answer.headers].filter(([name]) => !OF_A_CONNECTION.includes(name))
      response.writeHead(answer.status, Object.fromEntries(passed)).end(text)
    } catch {
      response.destroy()
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const since = answers
      answers = []
      return since
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function rowsOf(text: string): number {
  const answer: unknown = text && JSON.parse(text)
  return Array.isArray(answer) ? answer.length : 1
}
