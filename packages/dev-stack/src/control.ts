import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { createConnection, createServer, type Server } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { privateFolder } from './private-files'

/** The longest path of a Unix socket on every system, bytes. */
const MAX_PATH = 100

/** Carries out a command, answers what to print. @throws what to print as an error */
export type Command = (words: string[]) => Promise<string>

/**
 * Takes commands from other processes of this user. It listens on a socket in the data folder, which its owner alone can
 * enter.
 */
export async function serveCommands(dataDir: string, command: Command): Promise<Server> {
  const path = socketPath(dataDir)
  rmSync(path, { force: true })
  const server = createServer({ allowHalfOpen: true }, socket => {
    let said = ''
    socket.on('error', () => socket.destroy())
    socket.setEncoding('utf8').on('data', chunk => {
      said += chunk
    })
    socket.once('end', async () => {
      const reply = await command(said.split(' ')).then(
        text => ({ text, isError: false }),
        (error: Error) => ({ text: error.message, isError: true }),
      )
      socket.end(JSON.stringify(reply))
    })
  })
  await new Promise<void>((done, failed) => server.once('error', failed).listen(path, done))
  return server
}

/** @throws Error when no stack runs on this data folder, or when it refuses the command */
export async function sendCommand(dataDir: string, words: readonly string[]): Promise<string> {
  const socket = createConnection({ path: socketPath(dataDir), allowHalfOpen: true })
  let reply = ''
  try {
    socket.end(words.join(' '))
    for await (const chunk of socket.setEncoding('utf8')) reply += chunk
  } catch {
    throw new Error(`no stack runs on ${dataDir}: start one with npm run dev, or name its folder with --data`)
  }
  const { text, isError } = JSON.parse(reply)
  if (isError) throw new Error(text)
  return text
}

function socketPath(dataDir: string): string {
  const path = join(resolve(dataDir), 'control')
  if (Buffer.byteLength(path) <= MAX_PATH) return path
  const short = createHash('sha256').update(path).digest('hex').slice(0, 16)
  const folder = join(tmpdir(), `onecount-${userInfo().uid}`)
  privateFolder(folder)
  return join(folder, short)
}
