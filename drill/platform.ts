import { randomBytes } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type Server } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { freePort } from '@onecount/dev-stack/free-port'
import { killOnExit } from '@onecount/dev-stack/kill-on-exit'
import { type Program, run, until } from '@onecount/dev-stack/process'

/**
 * What becomes of a function once it has answered a press. `kept`: it runs on. `frozen`: it is stopped at once, until its
 * next request. `held`: it is stopped a moment later, in the middle of its drain, and goes on after longer than a lease
 * and a deadline last, while others have drained. `killed`: it never comes back.
 */
export type Fate = 'kept' | 'frozen' | 'held' | 'killed'

const FUNCTIONS = 4
/** Longer than the lease of a drain and the deadline of a request, milliseconds. */
const HELD_MS = 2500
/** A drain is under way for about as long, milliseconds. */
const DRAIN_MS = 25
/** Between two calls of the scheduler, milliseconds. */
const CRON_MS = 1000
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

interface Fn {
  program: Program
  port: number
  isBusy: boolean
  usedAt: number
}

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

/** Runs functions as serverless platforms do: one request at a time each, and stopped between them. */
export class Platform {
  fate: Fate = 'kept'
  /** How often a function has met its fate. */
  struck = 0
  /** Ops that calls of the scheduler have drained. */
  drainedByCron = 0
  readonly #secret = randomBytes(16).toString('hex')
  #functions: Fn[] = []
  #waiting: ((fn: Fn) => void)[] = []
  #server!: Server
  #cron: NodeJS.Timeout | undefined
  #isStopped = false

  private constructor(private readonly env: NodeJS.ProcessEnv) {}

  static async start(env: NodeJS.ProcessEnv, port: number): Promise<Platform> {
    const platform = new Platform(env)
    await Promise.all(Array.from({ length: FUNCTIONS }, () => platform.#add()))
    platform.#server = createServer((incoming, outgoing) => {
      platform.#serve(incoming).then(
        ({ status, headers, body }) => outgoing.writeHead(status, headers).end(body),
        () => outgoing.destroy(),
      )
    })
    await new Promise<void>(resolve => platform.#server.listen(port, '127.0.0.1', resolve))
    void platform.#drain()
    return platform
  }

  async #add(): Promise<void> {
    const port = await freePort()
    const env = { ...this.env, PORT: String(port), DRAIN_SECRET: this.#secret }
    const program = killOnExit(
      run(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'function.ts')], { env }),
    )
    await until('a function', program, () => fetch(`http://127.0.0.1:${port}/api/health`).then(() => true))
    const fn = { program, port, isBusy: true, usedAt: 0 }
    this.#functions.push(fn)
    this.#release(fn)
  }

  /** The function that was used longest ago, so that each stays stopped for a while. */
  #take(): Promise<Fn> {
    const [fn] = this.#functions.filter(({ isBusy }) => !isBusy).sort((a, b) => a.usedAt - b.usedAt)
    if (!fn) return new Promise(resolve => this.#waiting.push(resolve))
    fn.isBusy = true
    return Promise.resolve(fn)
  }

  #release(fn: Fn): void {
    fn.usedAt = performance.now()
    const next = this.#waiting.shift()
    fn.isBusy = next !== undefined
    next?.(fn)
  }

  async #serve(incoming: IncomingMessage): Promise<Answer> {
    const body = await buffer(incoming)
    const fn = await this.#take()
    try {
      if (incoming.socket.destroyed) throw new Error('the client has closed the connection')
      fn.program.child.kill('SIGCONT')
      const answer = await call(fn.port, incoming, body)
      const isPress = incoming.method === 'PUT' || incoming.method === 'DELETE'
      void this.#meet(fn, isPress && answer.status === 200 ? this.fate : 'kept')
      return answer
    } catch (error) {
      this.#release(fn)
      throw error
    }
  }

  /** Nothing comes between an answer and the signal: the function has not begun to drain. */
  async #meet(fn: Fn, fate: Fate): Promise<void> {
    if (fate === 'kept') return this.#release(fn)
    this.struck++
    if (fate === 'killed') {
      fn.program.child.kill('SIGKILL')
      this.#functions = this.#functions.filter(other => other !== fn)
      if (!this.#isStopped) await this.#add()
      return
    }
    if (fate === 'held') await pause(Math.random() * DRAIN_MS)
    fn.program.child.kill('SIGSTOP')
    if (fate === 'held') {
      await pause(HELD_MS)
      fn.program.child.kill('SIGCONT')
    }
    this.#release(fn)
  }

  /** Lets all functions run. */
  thaw(): void {
    this.fate = 'kept'
    for (const { program } of this.#functions) program.child.kill('SIGCONT')
  }

  /** As a scheduler calls the address that drains, one call at a time. */
  async #drain(): Promise<void> {
    if (this.#isStopped) return
    const { port } = this.#server.address() as { port: number }
    const headers = { authorization: `Bearer ${this.#secret}` }
    const response = await fetch(`http://127.0.0.1:${port}/api/drain`, { headers }).catch(() => null)
    if (response?.ok) this.drainedByCron += (await response.json()).drained
    this.#cron = setTimeout(() => void this.#drain(), CRON_MS)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#cron)
    this.#server.closeAllConnections()
    this.#server.close()
    await Promise.all(this.#functions.map(({ program }) => program.kill()))
  }
}

function call(port: number, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, method, path: url, headers, agent: false })
    outgoing.on('error', reject)
    outgoing.on('response', incoming => {
      buffer(incoming).then(
        body => resolve({ status: incoming.statusCode!, headers: incoming.headers, body }),
        reject,
      )
    })
    outgoing.end(body)
  })
}
