import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Redis } from 'ioredis'

export interface UpstashServer {
  /** `http://127.0.0.1:…`, what `UPSTASH_REDIS_REST_URL` is to say. */
  url: string
  token: string
  /** Commands that were sent so far: each is billed, those of a pipeline one by one. */
  commands(): number
  requests(): number
  stop(): Promise<void>
}

/**
 * What becomes of a request, for tests of drivers: it is answered; it is executed and the answer never comes; it is executed
 * twice; a proxy on the way answers in its place; the connection is gone, and nothing is executed; the first half of its
 * commands is executed and answered, and the rest is not.
 */
export type UpstashFate =
  | 'answered'
  | 'answer lost'
  | 'executed twice'
  | 'bad gateway'
  | 'connection reset'
  | 'cut short'

export interface UpstashServerOptions {
  /** Of the Redis that executes the commands. */
  redisUrl: string
  token?: string
  port?: number
  /** Bytes of a request at most. 1,000,000 */
  maxRequestSize?: number
  /** Asked for each request, with its commands. */
  fateOf?(commands: Command[]): UpstashFate
  /** Whether it knows `#!lua flags=allow-key-locking`. True */
  knowsKeyLocking?: boolean
}

type Command = (string | number)[]
type Answer = { result: unknown } | { error: string }

/** Of the flag that Upstash knows and Redis does not. */
const KEY_LOCKING = /^#!lua flags=allow-key-locking(?=\n)/
const OK = Buffer.from('OK')

/**
 * The REST interface of Upstash in front of a Redis, on loopback, for development and tests: `POST /` with one command,
 * `/pipeline` and `/multi-exec` with several, a command in the path, results in base64 where the client asks for it, a sync
 * token, and the errors of the original. It is driven by the unmodified official client.
 */
export async function startUpstashServer(options: UpstashServerOptions): Promise<UpstashServer> {
  const { redisUrl, token = 'local', port = 0, maxRequestSize = 1_000_000, knowsKeyLocking = true } = options
  const fateOf = options.fateOf ?? (() => 'answered')
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: 1 })
  redis.on('error', () => {})
  const scripts = knowsKeyLocking ? new KeyLockingScripts() : null
  let commands = 0
  let requests = 0
  let writes = 0

  async function execute(command: Command): Promise<Answer> {
    commands++
    try {
      const [name, ...args] = (scripts?.translate(command) ?? command).map(String) as [string, ...string[]]
      return { result: await redis.callBuffer(name, args) }
    } catch (error) {
      return { error: messageOf(error) }
    }
  }

  async function transact(list: Command[]): Promise<Answer[]> {
    commands += list.length
    const multi = redis.multi()
    for (const command of list) {
      const [name, ...args] = command.map(String) as [string, ...string[]]
      multi.callBuffer(name, ...args)
    }
    const replies = (await multi.exec()) ?? []
    return replies.map(([error, result]) => (error ? { error: messageOf(error) } : { result }))
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    requests++
    const isBase64 = request.headers['upstash-encoding'] === 'base64'
    const send = (status: number, body: unknown) => {
      response.writeHead(status, {
        'content-type': 'application/json',
        'upstash-sync-token': `local=${++writes}`,
      })
      response.end(JSON.stringify(body))
    }
    if (!isBearer(request.headers.authorization, token)) return send(401, { error: 'Unauthorized' })
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const body = await bodyOf(request, maxRequestSize)
    if (body === null)
      return send(400, { error: `ERR max request size exceeded. Limit: ${maxRequestSize} bytes` })
    const isList = path === '/pipeline' || path === '/multi-exec'
    const list = commandsOf(path, body, isList)
    if (!list) return send(400, { error: 'ERR failed to parse the request' })

    const fate = fateOf(list)
    if (fate === 'bad gateway') {
      response.writeHead(502, { 'content-type': 'text/html' })
      response.end('<html>502 Bad Gateway</html>')
      return
    }
    if (fate === 'connection reset') return void request.socket.resetAndDestroy()
    const run = async () => {
      if (path === '/multi-exec') return transact(list)
      const answers: Answer[] = []
      const most = fate === 'cut short' ? Math.floor(list.length / 2) : list.length
      for (const command of list.slice(0, most)) answers.push(await execute(command))
      return answers
    }
    let answers = await run()
    if (fate === 'executed twice') answers = await run()
    if (fate === 'answer lost') return void response.socket?.destroy()
    const encoded = answers.map(one => ('error' in one ? one : { result: encode(one.result, isBase64) }))
    if (isList) return send(200, encoded)
    const [single] = encoded as [Answer]
    return send('error' in single ? 400 : 200, single)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(error => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: messageOf(error) }))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    commands: () => commands,
    requests: () => requests,
    async stop() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      redis.disconnect()
    },
  }
}

/**
 * Scripts whose first line has the flag that Redis refuses: they run without it, the other lines where they were, and are
 * known by the digest of what was sent.
 */
class KeyLockingScripts {
  /** By digest of what was sent, the digest of what runs. */
  #digests = new Map<string, string>()

  translate(command: Command): Command {
    const [name, first, ...rest] = command
    const isEvalsha = /^evalsha(_ro)?$/i.test(String(name))
    if (isEvalsha) return [name!, this.#digests.get(String(first)) ?? first!, ...rest]
    const isLoad = /^script$/i.test(String(name)) && /^load$/i.test(String(first))
    if (isLoad) return [name!, first!, this.#plain(String(rest[0]))]
    if (/^eval(_ro)?$/i.test(String(name))) return [name!, this.#plain(String(first)), ...rest]
    return command
  }

  #plain(source: string): string {
    const plain = source.replace(KEY_LOCKING, '--')
    if (plain !== source) this.#digests.set(sha1(source), sha1(plain))
    return plain
  }
}

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex')

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

function isBearer(header: string | undefined, token: string): boolean {
  const [given, wanted] = [header ?? '', `Bearer ${token}`].map(text =>
    createHash('sha256').update(text).digest(),
  )
  return timingSafeEqual(given!, wanted!)
}

/** Null where it is too large. */
async function bodyOf(request: IncomingMessage, most: number): Promise<string | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= most) chunks.push(chunk)
  }
  return size > most ? null : Buffer.concat(chunks).toString('utf8')
}

/** Null where they cannot be read. A path that is no name of this interface is a command: `/set/key/value`. */
function commandsOf(path: string, body: string, isList: boolean): Command[] | null {
  try {
    if (!isList && path !== '/') {
      const command = path.slice(1).split('/').map(decodeURIComponent)
      return [body ? [...command, body] : command]
    }
    const parsed: unknown = JSON.parse(body)
    const list = isList ? parsed : [parsed]
    return Array.isArray(list) && list.length > 0 && list.every(isCommand) ? list : null
  } catch {
    return null
  }
}

const isCommand = (command: unknown): command is Command =>
  Array.isArray(command) &&
  command.length > 0 &&
  command.every(part => ['string', 'number', 'boolean'].includes(typeof part))

/** In base64 where the client asks for it; a status reply travels as it is. */
function encode(reply: unknown, isBase64: boolean): unknown {
  if (!isBase64 || (Buffer.isBuffer(reply) && reply.equals(OK))) return readable(reply)
  if (Array.isArray(reply)) return reply.map(encodePart)
  return encodePart(reply)
}

const encodePart = (part: unknown): unknown => {
  if (Array.isArray(part)) return part.map(encodePart)
  return Buffer.isBuffer(part) ? part.toString('base64') : part
}

const readable = (reply: unknown): unknown => {
  if (Array.isArray(reply)) return reply.map(readable)
  return Buffer.isBuffer(reply) ? reply.toString('utf8') : reply
}
