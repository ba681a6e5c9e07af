import type { Cluster, Redis } from 'ioredis'

/**
 * Waits until a client that connects for the first time is ready, its attempt failed, or `ms` have passed. Returns at
 * once for a client that lost its connection.
 */
export async function firstConnection(client: Redis | Cluster, ms: number): Promise<void> {
  const { status } = client
  if (status === 'wait') client.connect().catch(() => {})
  else if (status !== 'connecting' && status !== 'connect') return
  await new Promise<void>(resolve => {
    const done = () => {
      clearTimeout(timer)
      client.off('ready', done)
      client.off('close', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    client.once('ready', done)
    client.once('close', done)
  })
}
