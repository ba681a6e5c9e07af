import type { Kind } from '../core/kind'
import { topicOf } from '../core/topics'
import { kindNames } from './kind-names'

/** Who may hear the topics of a kind, as Realtime asks. */
export function broadcastPolicy(kind: Kind): { name: string; create: string } {
  const name = `${kindNames(kind).prefix}likes_are_heard`
  return {
    name,
    create:
      `create policy ${name} on realtime.messages for select to anon, authenticated ` +
      `using (extension = 'broadcast' and (select realtime.topic()) ~ '${topicsOf(kind)}')`,
  }
}

/** The topics that its likes are broadcast on, as a regular expression. */
const topicsOf = ({ name }: Kind) => `^${topicOf(name, '').replace(/\d+$/, '[0-9]+')}$`
