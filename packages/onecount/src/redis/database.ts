import type { Command, Redis } from 'ioredis'
import { isReply } from './replies'
import { SCRIPTS } from './scripts.generated'
import { kindShownBy } from './wrong-kind'

/** The server has no database of the number that the address names. */
export class NoDatabase extends Error {
  override readonly name = 'NoDatabase'
  constructor(
    readonly db: number,
    readonly reply: string,
    cause: unknown,
  ) {
    super(`this Redis has no database ${db} (${reply}): correct the number at the end of REDIS_URL`, {
      cause,
    })
  }
}

/**
 * Makes sure that the connection of a client is on the database of its options: ioredis says that SELECT was refused in
 * an `error` event alone, and goes on with database 0.
 * @throws NoDatabase; the error of SELECT, where it is about something else
 */
export async function selectDatabase(client: Redis): Promise<void> {
  const { db = 0 } = client.options
  if (db === 0) return
  try {
    await client.select(db)
  } catch (error) {
    const isRefused = isReply(error) && error.message.startsWith('ERR ') && !kindShownBy(error)
    throw isRefused ? new NoDatabase(db, error.message, error) : error
  }
}

/** Whether each new connection of a client is on its database, asked once before its first script. */
export interface DatabaseGuard {
  /** False: connections begin on database 0, and that is the one. */
  readonly hasNumber: boolean
  /** The connection that is on the database. */
  readonly selectedOn: Redis['stream'] | undefined
  /** One round trip for all who wait for it. @throws as `selectDatabase` */
  select(): Promise<void>
}

const guards = new WeakMap<Redis, DatabaseGuard>()

/** One guard for all ports over a client. */
export function guardDatabase(client: Redis): DatabaseGuard {
  const guard = guards.get(client) ?? createGuard(client)
  guards.set(client, guard)
  return guard
}

function createGuard(client: Redis): DatabaseGuard {
  let selecting: Promise<void> | undefined
  const guard = {
    hasNumber: (client.options.db ?? 0) !== 0,
    selectedOn: undefined as Redis['stream'] | undefined,
    select(): Promise<void> {
      const { stream } = client
      selecting ??= selectDatabase(client)
        .then(() => {
          guard.selectedOn = stream
        })
        .finally(() => {
          selecting = undefined
        })
      return selecting
    },
  }
  const { autoResendUnfulfilledCommands, enableOfflineQueue } = client.options
  if (guard.hasNumber && (autoResendUnfulfilledCommands || enableOfflineQueue)) holdScripts(client, guard)
  return guard
}

const OWN = new Set(Object.values(SCRIPTS).flatMap(({ sha1, source }) => [sha1, source]))

/**
 * A client without `FAIL_FAST` sends what a lost connection left unanswered or unsent by itself, before the next one
 * was asked for its database: scripts of the engine fail instead.
 */
function holdScripts(client: Redis, guard: DatabaseGuard): void {
  const send = client.sendCommand.bind(client)
  client.sendCommand = (command: Command, stream) => {
    if (guard.selectedOn === client.stream || !OWN.has(String(command.args[0]))) return send(command, stream)
    command.reject(new Error('the connection was lost, and the script is not sent again'))
    return command.promise
  }
}
