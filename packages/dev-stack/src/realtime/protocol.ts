/** One message of a Phoenix channel, as Supabase Realtime speaks it. */
export interface Message {
  joinRef: string | null
  ref: string | null
  topic: string
  event: string
  payload: Record<string, unknown>
}

/** `1.0.0`: objects; `2.0.0`: arrays, and binary frames for what a client broadcasts. */
export type Version = '1.0.0' | '2.0.0'

export function encode({ joinRef, ref, topic, event, payload }: Message, version: Version): string {
  if (version === '1.0.0') return JSON.stringify({ topic, event, payload, ref, join_ref: joinRef })
  return JSON.stringify([joinRef, ref, topic, event, payload])
}

/** @throws SyntaxError when the frame is not of the protocol */
export function decode(data: Buffer, isBinary: boolean, version: Version): Message {
  if (isBinary) return decodeBroadcast(data)
  const parsed = JSON.parse(String(data))
  const [joinRef, ref, topic, event, payload] =
    version === '1.0.0' ? [parsed.join_ref, parsed.ref, parsed.topic, parsed.event, parsed.payload] : parsed
  if (typeof topic !== 'string' || typeof event !== 'string') throw new SyntaxError('no topic or no event')
  return { joinRef: joinRef ?? null, ref: ref ?? null, topic, event, payload: payload ?? {} }
}

const USER_BROADCAST_PUSH = 3
const HEADER = 7
const JSON_ENCODING = 1

/** Kind, five lengths, encoding; then join ref, ref, topic, event and metadata, then the payload. */
function decodeBroadcast(data: Buffer): Message {
  if (data[0] !== USER_BROADCAST_PUSH || data[6] !== JSON_ENCODING)
    throw new SyntaxError('not a JSON broadcast')
  let offset = HEADER
  const [joinRef, ref, topic, event] = [1, 2, 3, 4, 5].map(i => {
    const text = data.toString('utf8', offset, offset + data[i]!)
    offset += data[i]!
    return text
  }) as [string, string, string, string]
  const payload = JSON.parse(data.toString('utf8', offset))
  return { joinRef, ref, topic, event: 'broadcast', payload: { type: 'broadcast', event, payload } }
}
