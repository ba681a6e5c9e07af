/** Where the subscribers listen, on the command line of their process as JSON. */
export interface Listening {
  url: string
  publishableKey: string
  topic: string
  subscribers: number
}

/** What a subscriber has heard of the post: revision, and when, milliseconds since 1970. */
export type Heard = [rev: number, at: number][]

/** What the process of the subscribers says: all have joined, or what each has heard since it was asked last. */
export type Said = { joined: true } | { heard: Heard[] }

/** Milliseconds since 1970, alike in all processes of this machine. */
export const epochMs = () => performance.timeOrigin + performance.now()
