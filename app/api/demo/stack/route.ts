import { readParts, stackSocket, switchPart } from '@/app/demo/stack/control'
import { onecount } from '@/app/utils/onecount'
import { privateJson } from '@/app/utils/private-json'

/**
 * The stores of the local stack, and the switches that stop and start them. Outside development there is no such address,
 * and the API says so as it does of any other.
 */
export async function GET(request: Request): Promise<Response> {
  const socket = stackSocket()
  return socket ? answerParts(socket) : onecount.handlers.GET(request)
}

export async function POST(request: Request): Promise<Response> {
  const socket = stackSocket()
  if (!socket) return onecount.handlers.POST(request)
  // A page of another site must not stop anything on this machine.
  if (request.headers.get('sec-fetch-site') !== 'same-origin')
    return privateJson(403, { message: 'The page itself has to ask.' })

  const { id, on } = ((await request.json().catch(() => null)) ?? {}) as { id?: unknown; on?: unknown }
  const parts = await readParts(socket)
  if (typeof on !== 'boolean' || !parts.some(part => part.id === id))
    return privateJson(400, { message: 'Say which store, and whether it shall run.' })
  try {
    await switchPart(socket, id as string, on)
  } catch (error) {
    return privateJson(409, { message: error instanceof Error ? error.message : String(error) })
  }
  return answerParts(socket)
}

const answerParts = async (socket: string) => privateJson(200, { parts: await readParts(socket) })
