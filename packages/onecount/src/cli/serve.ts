import cluster from 'node:cluster'
import { BROADCAST_HELP } from './broadcast'
import { describeFailure } from './failure'
import type { Command } from './main'
import { METRICS_OPTIONS_HELP } from './metrics-server'
import { createServeLog } from './serve/log'
import { serveHere } from './serve/one-process'
import { readServeOptions, type ServeOptions } from './serve/options'
import { processNumber, serveTogether, type Told } from './serve/processes'
import { mergedEnv, STORE_OPTIONS_HELP } from './settings'

const HELP = `Serves likes over HTTP beside any application, and drains them to Postgres.

  npx onecount serve [options]

  --port N         3100, or PORT of the environment; 0: any that is free
  --host ADDRESS   127.0.0.1; 0.0.0.0: of all networks
  --origin URL     pages of this origin may read and like, https://app.example.com; may be repeated
                   (ONECOUNT_TRUSTED_ORIGINS, with commas)
  --base-path P    /api: likes are at /api/likes, kinds at /api/kinds/<name>
  --processes N    so many processes share the port (1)
  --no-drain       npx onecount worker drains, not this process
${BROADCAST_HELP}
  --json           the log as one JSON object a line. Where it cannot begin: one with error, code, setting and fix
${METRICS_OPTIONS_HELP};
                   with --processes the first process has PORT, the second the one after it, and so on

People who are signed in, by a token of the application in Authorization: Bearer … (npm install jose):

  --jwks URL       its public keys, https://…/.well-known/jwks.json (ONECOUNT_JWKS)
  --issuer TEXT    claim iss; left out: the address up to /.well-known/ (ONECOUNT_JWT_ISSUER)
  --audience TEXT  claim aud; may be repeated (ONECOUNT_JWT_AUDIENCE)
  --authorized-party TEXT   claim azp, as Clerk has it; may be repeated (ONECOUNT_JWT_AUTHORIZED_PARTIES)
  --claim NAME     the claim that is the id of the person (sub)
  --no-anonymous   without a token counts are read, and a press is refused with 401

${STORE_OPTIONS_HELP}
  --help

Reads REDIS_URL, DATABASE_URL or SUPABASE_URL with SUPABASE_SECRET_KEY, ONECOUNT_SECRET (signs the cookie of anonymous
sessions), ONECOUNT_JWT_SECRET (tokens of HS256), ONECOUNT_LIMITS, ONECOUNT_PROXY_HOPS, ONECOUNT_DRAIN_SECRET,
ONECOUNT_METRICS_SECRET, ONECOUNT_ACK and ONECOUNT_REDIS_DEADLINE_MS (of one call, 250) from the environment,
.env.local or .env. It begins without a store that does not answer, and says so.
SIGTERM or Ctrl-C: answers what has begun, drains what is left, for at most 5 seconds; a second one exits at once.

Exit code: 0 stopped as asked, 1 stopped at once or a process had to be killed, 2 it could not begin.`

export const serve: Command = {
  summary: 'serve likes over HTTP beside any application',
  async run(args) {
    const read = await orTell(() => {
      const env = mergedEnv()
      return { env, options: readServeOptions(args, env) }
    })
    if (!read) return 2
    const { env, options } = read
    if (!options) {
      console.log(HELP)
      return 0
    }
    const asked = askedToStop()
    const log = createServeLog(options.isJson)
    if (options.processes > 1 && cluster.isPrimary) return serveTogether(options.processes, log, asked)
    return serveUntil(asked, options, env)
  },
}

async function serveUntil(
  asked: Promise<void>,
  options: ServeOptions,
  env: Record<string, string | undefined>,
): Promise<number> {
  const log = createServeLog(options.isJson)
  const server = await orTell(() => serveHere(options, env, log, processNumber()))
  if (!server) return 2
  const { url, metricsUrl } = server
  if (cluster.isWorker) tell({ listening: url, metricsUrl })
  else {
    log.info(`listening on ${url}`)
    if (metricsUrl) log.info(`metrics at ${metricsUrl}`)
  }
  await asked
  await server.stop()
  return 0
}

/** What `begin` answers; undefined where it failed in one of several processes, which tells the first one why. */
async function orTell<T>(begin: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await begin()
  } catch (error) {
    if (processNumber() === undefined) throw error
    tell({ failed: describeFailure(error, 'serve') })
    return undefined
  }
}

const tell = (told: Told): void => void process.send?.(told)

/**
 * Resolves with the first signal; the second ends the process. One of several processes takes any number for one: a terminal
 * and systemd signal all of them, and then the first process does.
 */
const askedToStop = () =>
  new Promise<void>(resolve => {
    let isAsked = false
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.on(signal, () => {
        if (isAsked && cluster.isPrimary) process.exit(1)
        isAsked = true
        resolve()
      })
  })
