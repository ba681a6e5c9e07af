import { redisFromEnv } from 'onecount/redis'
import { readUpstashAddress, type UpstashAddress } from 'onecount/upstash'
import { keptSecret } from '../private-files'
import { startUpstashServer, type UpstashServer } from '../services/upstash-server'

/** The database of Upstash that the environment names, where no REDIS_URL does. @throws Error naming the setting */
export const namedUpstash = (env: NodeJS.ProcessEnv): UpstashAddress | null =>
  env.REDIS_URL ? null : readUpstashAddress(env)

/** What the application is told: empty values keep Next from reading others from .env.local. */
export const upstashEnv = (address: UpstashAddress | null): Record<string, string> => ({
  UPSTASH_REDIS_REST_URL: address?.url ?? '',
  UPSTASH_REDIS_REST_TOKEN: address?.token ?? '',
  KV_REST_API_URL: '',
  KV_REST_API_TOKEN: '',
})

/** The REST interface of Upstash in front of the Redis of this stack, with a token that stays. */
export async function upstashFor(
  redisUrl: string,
  { dir, summary }: { dir: string; summary: string[] },
): Promise<UpstashServer> {
  const server = await startUpstashServer({ redisUrl, token: keptSecret(dir, 'upstash-token') })
  summary.push(
    `          ${server.url}  (the REST interface of Upstash in front of it: the application uses this one)`,
  )
  return server
}

/** Under which Postgres knows the Redis of an address, also where it is reached by REST. */
export function idOf(redisUrl: string, { REDIS_CLUSTER }: NodeJS.ProcessEnv): string | undefined {
  const redis = redisFromEnv({ REDIS_URL: redisUrl, REDIS_CLUSTER }, { lazyConnect: true })
  redis?.client.disconnect()
  return redis?.port.id
}
