import type { Sql } from 'postgres'
import { broadcastPolicy } from '../../postgres/broadcast-policy'
import { type Finding, ok, warn } from './check'
import type { Made } from './made'

const NAME = 'broadcasts'

/**
 * Who may hear the counts that are broadcast on private channels of Supabase Realtime, and whether anyone but the
 * server may send there. Realtime asks the policies of `realtime.messages`.
 */
export async function checkBroadcasts(sql: Sql, { kind }: Made): Promise<Finding> {
  if (kind.isPrivate) return ok(NAME, 'nothing of a private kind is broadcast')
  const [{ messages }] = await sql<[{ messages: string | null }]>`
    select to_regclass('realtime.messages')::text as messages`
  if (messages === null) return ok(NAME, 'no Supabase Realtime in this database')
  const policies = await sql<{ name: string; command: string; roles: string[]; isOpen: boolean }[]>`
    select policyname as name, cmd as command, roles, permissive = 'PERMISSIVE'
           and coalesce(with_check, qual, 'true') = 'true' as "isOpen"
      from pg_policies where schemaname = 'realtime' and tablename = 'messages'`
  const open = policies.find(
    ({ command, roles, isOpen }) =>
      isOpen &&
      ['INSERT', 'ALL'].includes(command) &&
      roles.some(role => ['public', 'anon', 'authenticated'].includes(role)),
  )
  if (open)
    return warn(
      NAME,
      `the policy ${open.name} on realtime.messages lets every visitor send on every topic, those of counts too`,
      'name the topics of the application in it: pages show a count that is sent there until they read again',
    )
  const { name: policy, create } = broadcastPolicy(kind)
  return policies.some(({ name }) => name === policy)
    ? ok(NAME, 'everybody may hear the counts')
    : warn(
        NAME,
        `realtime.messages has no policy ${policy}: pages may not join the topics, and follow the rows instead`,
        create,
      )
}
