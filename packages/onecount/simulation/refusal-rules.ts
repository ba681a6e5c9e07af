import type { Rule } from './rules'

const REFUSE = 'lua/includes/refuse.lua'
const SETTLE = 'lua/settle.lua'
const POSTGRES = 'simulation/memory-postgres.ts'

/** What holds although a rule of the application refuses some ops. */
export const REFUSAL_RULES: Rule[] = [
  {
    name: 'an op that Postgres refuses is set aside',
    file: POSTGRES,
    find: 'setAside(refused)\n    for (',
    replace: 'for (',
    faults: ['op refused'],
  },
  {
    name: 'Redis is told of a refused op that landed after all',
    file: POSTGRES,
    find: 'map(op => ({ ...op, rev: 0 })),\n      true,',
    replace: 'map(op => ({ ...op, rev: 0 })),\n      false,',
    faults: ['op refused'],
  },
  {
    name: 'a post of which an op was refused shows what Postgres holds',
    file: REFUSE,
    find: '\n  cool(meta)',
    replace: '',
    faults: ['op refused'],
  },
  {
    name: 'what is refused is pending no more',
    file: SETTLE,
    find: 'refuse(q, recent, KEYS[k + 2], KEYS[k + 3 + j], post, ARGV[i + 3 + members - refused + j])',
    replace: 'nil',
    faults: ['op refused'],
  },
  {
    name: 'what is refused is remembered as drained no longer',
    file: REFUSE,
    find: "redis.call('ZREM', recent, pair)",
    replace: '',
    faults: ['op refused', 'postgres rolled back'],
  },
  {
    name: 'what is refused is given again to a Postgres that has lost what it set aside',
    file: SETTLE,
    find: "if pair then remember(pair .. '|refused', op) end",
    replace: '',
    faults: ['op refused', 'postgres rolled back'],
  },
  {
    name: 'exactly the op that was refused is dropped',
    file: REFUSE,
    find: "if redis.call('ZREM', q, member) == 0 then return nil end",
    replace: `local _, held = pending_of(q, string.match(member, '^(.*)|%d+|%d+$'))
  if not held or redis.call('ZREM', q, held) == 0 then return nil end`,
    faults: ['op refused'],
  },
  {
    name: 'who waits for a refused op is not told that it is durable',
    file: 'src/core/drain.ts',
    find: '!gone.includes(entry.postId) && !isRefused(entry)',
    replace: '!gone.includes(entry.postId)',
    faults: ['op refused', 'ack postgres'],
  },
  {
    name: 'what is refused is not remembered as drained',
    file: 'src/core/drain.ts',
    find: 'await settle(ctx, { nonce: nonce!, members, gone: new Set(gone), isRefused, began })',
    replace:
      'await settle(ctx, { nonce: nonce!, members, gone: new Set(gone), isRefused: () => false, began })',
    faults: ['op refused'],
  },
]
