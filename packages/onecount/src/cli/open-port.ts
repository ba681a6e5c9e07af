import type { Server } from 'node:http'
import { MissingSetting } from './settings'

/** Where a server of a command listens, and the options that say so. */
export interface Place {
  host: string
  /** 0: any that is free. */
  port: number
  hostOption: string
  portOption: string
  /** A process of `node:cluster` has the port for itself. */
  exclusive?: boolean
}

/** Resolves once `server` listens. @throws MissingSetting where the port cannot be had */
export const openPort = (server: Server, place: Place) =>
  new Promise<void>((resolve, reject) => {
    const { host, port, exclusive } = place
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, place)))
    server.listen({ host, port, exclusive }, resolve)
  })

function cannotListen({ code, message }: NodeJS.ErrnoException, place: Place): MissingSetting {
  const { host, port, hostOption, portOption } = place
  const refused = (message: string, setting = portOption) =>
    new MissingSetting(message, { code: 'cannot_listen', setting })
  if (code === 'EADDRINUSE')
    return refused(`Port ${port} of ${host} is taken: stop what listens there, or use another ${portOption}`)
  if (code === 'EACCES') return refused(`Port ${port} may not be used: use a ${portOption} above 1023`)
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return refused(
      `${hostOption} ${host} is no address of this machine: use 127.0.0.1, or 0.0.0.0 for all`,
      hostOption,
    )
  return refused(`Cannot listen on ${host}:${port} (${message}): use another ${hostOption} or ${portOption}`)
}

/** The address of a server that listens. */
export function urlOf(server: Server, host: string): string {
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
