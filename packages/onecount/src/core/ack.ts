import { OnecountError } from './errors'

/** When a like is acknowledged: once Redis holds it, or once Postgres does. What each promises: docs/durability.md. */
export type Ack = 'redis' | 'postgres'

/**
 * Reads `ONECOUNT_ACK`; empty is `redis`.
 * @throws OnecountError `misconfigured`
 * @example
 * createOnecount({ redis, postgres, ack: parseAck(process.env.ONECOUNT_ACK) })
 */
export function parseAck(text: string | undefined): Ack {
  const ack = text?.trim() || 'redis'
  if (ack === 'redis' || ack === 'postgres') return ack
  throw new OnecountError('misconfigured', {
    field: 'ONECOUNT_ACK',
    detail: `ONECOUNT_ACK: "${ack.slice(0, 40)}" is neither redis nor postgres`,
  })
}
