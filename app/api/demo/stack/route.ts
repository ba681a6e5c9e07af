import { readFaults, stackSocket, turnFault } from '@/app/demo/stack/control'
import { onecount } from '@/app/utils/onecount'
import { privateJson } from '@/app/utils/private-json'

/**
 * What the local stack lets go wrong, and the switches for it. Outside development there is no such address, and the API
 * says so as it does of any other.
 */
export async function GET(request: Request): Promise<Response> {
  const socket = stackSocket()
  return socket ? answerFaults(socket) : onecount.handlers.GET(request)
}

export async function POST(request: Request): Promise<Response> {
  const socket = stackSocket()
  if (!socket) return onecount.handlers.POST(request)
  // A page of another site must not stop anything on this machine.
  if (request.headers.get('sec-fetch-site') !== 'same-origin')
    return privateJson(403, { message: 'The page itself has to ask.' })

  const { id, on } = ((await request.json().catch(() => null)) ?? {}) as { id?: unknown; on?: unknown }
  const faults = await readFaults(socket)
  if (typeof on !== 'boolean' || !faults.some(fault => fault.id === id))
    return privateJson(400, { message: 'Say which fault, and whether it shall be on.' })
  try {
    await turnFault(socket, id as string, on)
  } catch (error) {
    return privateJson(409, { message: error instanceof Error ? error.message : String(error) })
  }
  return answerFaults(socket)
}

const answerFaults = async (socket: string) => privateJson(200, { faults: await readFaults(socket) })
