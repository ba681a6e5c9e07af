/** Whole requests at the start of a buffer, and the bytes after them. */
export interface Frames {
  frames: Buffer[]
  rest: Buffer
}

/** Length of the request at the start of a buffer; 0: it is not all there. */
type Measure = (buffer: Buffer) => number

/** A Redis command: an array of bulk strings. */
const respLength: Measure = buffer => {
  let at = 0
  const number = (): number | null => {
    const end = buffer.indexOf('\r\n', at)
    if (end === -1) return null
    const value = Number(buffer.toString('latin1', at + 1, end))
    at = end + 2
    return value
  }
  const parts = number()
  if (parts === null) return 0
  for (let i = 0; i < parts; i++) {
    const length = number()
    if (length === null) return 0
    at += length + 2
  }
  return at <= buffer.length ? at : 0
}

/** An HTTP request whose body, if any, has a Content-Length. */
const httpLength: Measure = buffer => {
  const head = buffer.indexOf('\r\n\r\n')
  if (head === -1) return 0
  const [, body = '0'] = /\r\ncontent-length: *(\d+)/i.exec(buffer.toString('latin1', 0, head)) ?? []
  const length = head + 4 + Number(body)
  return length <= buffer.length ? length : 0
}

export type Protocol = 'resp' | 'http'

const MEASURES: Record<Protocol, Measure> = { resp: respLength, http: httpLength }

/** Cuts requests off a stream's bytes. */
export function cutFrames(protocol: Protocol, buffer: Buffer): Frames {
  const frames: Buffer[] = []
  let rest = buffer
  for (let length = MEASURES[protocol](rest); length > 0; length = MEASURES[protocol](rest)) {
    frames.push(rest.subarray(0, length))
    rest = rest.subarray(length)
  }
  return { frames, rest }
}
