import { setLike } from '@/lib/likes'
import { currentPerson } from '@/lib/session'

type Context = { params: Promise<{ id: string }> }

export const PUT = (_: Request, { params }: Context) => answer(params, true)
export const DELETE = (_: Request, { params }: Context) => answer(params, false)

async function answer(params: Context['params'], isLiked: boolean) {
  const person = await currentPerson()
  if (person === null) return new Response(null, { status: 401 })
  await setLike(person, (await params).id, isLiked)
  return new Response(null, { status: 204 })
}
