import { parseArgs } from 'node:util'
import { type Host, resolveHost } from './host'

export const HELP = `Runs the application with everything it needs.

  npm run dev      development server
  npm start        production server (after npm run build)

What SUPABASE_URL and REDIS_URL name is used; what they do not name is started here. All of it listens on this machine
alone (127.0.0.1).

  -- --port N            port of the application, 3000 or the next free one; 0: any
  -- --host [ADDRESS]    opens the application, and nothing else, to other machines: 0.0.0.0, or one address of this one
  -- --redis upstash     the application reaches Redis over REST, by the client of Upstash, through a server of its
                         protocol that is started here
  -- --no-redis          without Redis: Postgres serves alone
  -- --data DIR          where the embedded stores keep their data, .onecount
  -- --help

While it runs, in another terminal:

  npm run stack stop redis       takes Redis away: the application goes on with Postgres
  npm run stack start redis      brings it back; the same with supabase
  npm run stack status
  npm run stack faults           what else can go wrong in development; begin and end, as \`npm run stack begin slow\``

export type Mode = 'dev' | 'start'

export interface Options {
  mode: Mode
  port: number
  host: Host
  /** Undefined: the default folder. */
  data: string | undefined
  withRedis: boolean
  /** The application reaches Redis over REST. */
  overRest: boolean
}

/**
 * The command line of `npm run dev` and `npm start`; null when it asks for help.
 *
 * @throws RangeError naming what cannot be used
 */
export async function readOptions(
  argv: readonly string[],
  env: Record<string, string | undefined> = process.env,
): Promise<Options | null> {
  const { positionals, values } = parse(argv)
  if (values.help) return null
  const [mode, ...rest] = positionals
  if (mode !== 'dev' && mode !== 'start') throw new RangeError(`say dev or start, not ${mode ?? 'nothing'}`)
  if (rest.length > 0) throw new RangeError(`${rest.join(' ')} is no option: see --help`)
  if (values.data === '') throw new RangeError('--data is empty: name a folder')
  if (values.redis !== undefined && values.redis !== 'upstash')
    throw new RangeError(`--redis ${values.redis} is not understood: say --redis upstash, or leave it out`)
  if (values.redis && values['no-redis']) throw new RangeError('--redis and --no-redis contradict each other')
  const [name, port] = values.port === undefined ? ['PORT', env.PORT || '3000'] : ['--port', values.port]
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535)
    throw new RangeError(`${name} ${port} is no port: use a number from 0 to 65535`)
  return {
    mode,
    port: Number(port),
    host: await resolveHost(values.host),
    data: values.data,
    withRedis: !values['no-redis'],
    overRest: values.redis !== undefined,
  }
}

/** @throws RangeError instead of the parser's own errors */
function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: argv.flatMap((arg, i) => {
        // Without an address: all of this machine.
        const next = argv[i + 1]
        return arg === '--host' && (next === undefined || next.startsWith('-')) ? [arg, '0.0.0.0'] : [arg]
      }),
      allowPositionals: true,
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        data: { type: 'string' },
        redis: { type: 'string' },
        'no-redis': { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw new RangeError((error as Error).message)
  }
}
