import type { Running } from './process'

const running = new Set<Running>()
process.once('exit', () => {
  for (const { child } of running) child.kill('SIGKILL')
})

/** Sees to it that `server` does not outlive this process, however that ends. */
export function killOnExit<Server extends Running>(server: Server): Server {
  running.add(server)
  server.exited.then(() => running.delete(server))
  return server
}
