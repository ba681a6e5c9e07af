import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Exec } from '../services/migrations'

/** Roles that a key stands for. */
export type Role = 'anon' | 'service_role'

/** What a role may do on a private topic. */
export interface Permissions {
  hears: boolean
  sends: boolean
}

/** Answers what the policies of `realtime.messages` let a role do on a private topic. */
export type Authorize = (topic: string, role: Role) => Promise<Permissions>

/** What a hosted project has for private channels, for `applyMigrations`. */
export const readMessagesTable = (): Promise<string> =>
  readFile(join(import.meta.dirname, 'messages.sql'), 'utf8')

/** Asks Postgres, as hosted Realtime does, each time: in a transaction of that role of which nothing stays. */
export function authorizeBy(exec: Exec): Authorize {
  return async (topic, role) => {
    const [row] = await exec(
      `select hears, sends from realtime.local_permissions(${literal(topic)}, ${literal(role)})`,
    )
    return row as unknown as Permissions
  }
}

/** As its bytes: nothing in it has a meaning for SQL. */
const literal = (text: string) => `convert_from('\\x${Buffer.from(text).toString('hex')}'::bytea, 'UTF8')`
