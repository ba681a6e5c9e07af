import { core, lua, POSTGRES, type Rule } from './rule'

/** What holds although a rule of the application refuses some ops. */
export const REFUSAL_RULES: Rule[] = [
  {
    name: 'an op that Postgres refuses is set aside',
    file: POSTGRES,
    find: 'setAside(refused)\n  }',
    replace: '}',
    faults: ['op refused'],
  },
  {
    name: 'Redis is told of a refused op that landed after all',
    file: POSTGRES,
    find: 'note({ postId, sessionId, op, prev: knownOf({ postId, sessionId }), nonce: null })',
    replace: 'void 0',
    faults: ['op refused'],
  },
  {
    name: 'a refused op is pending no more',
    file: lua('settle'),
    find: 'is_held = held.op > op and held.op ~= refused',
    replace: 'is_held = held.op > op',
    faults: ['op refused'],
  },
  {
    name: 'exactly the op that was refused is dropped',
    file: lua('settle'),
    find: 'is_held = held.op > op and held.op ~= refused',
    replace: 'is_held = held.op > op and not refused',
    faults: ['op refused'],
  },
  {
    name: 'a refused op is not what its session sees',
    file: lua('settle'),
    find: ' or own == refused) then',
    replace: ') then',
    faults: ['op refused'],
  },
  {
    name: 'a refused op is remembered for a Postgres that comes back older',
    file: lua('settle'),
    find: "if refused and not p.by_hand then remember(pair .. '|refused', int(refused)) end",
    replace: '',
    faults: ['op refused', 'postgres rolled back', 'dozen instances'],
    seed: 10,
  },
  {
    name: 'who waits for a refused op is not told that it is durable',
    file: core('settlement'),
    find: 'ops.size > 0 && ops.has(',
    replace: 'false && ops.has(',
    faults: ['op refused', 'ack postgres'],
  },
]
