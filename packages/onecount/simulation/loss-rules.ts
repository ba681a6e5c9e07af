import { core, include, lua, POSTGRES, type Rule } from './rule'

/** What holds although a store has lost something, or a post is gone. */
export const LOSS_RULES: Rule[] = [
  {
    name: 'a store has lost something only if the batch in flight was refused',
    file: lua('resolve'),
    find: "if nonce_in_flight(q) ~= nonce then return 'LATE' end",
    replace: '',
  },
  {
    name: 'a post is warm in one epoch alone',
    file: core('read'),
    find: '!numbers.endsWith(ofEpoch)',
    replace: "numbers === ''",
    seed: 11,
  },
  {
    name: 'a session is known in one epoch alone',
    file: include('session'),
    find: 'if of ~= epoch then return nil end',
    replace: '',
    seed: 26,
  },
  {
    name: 'drained ops come back when Postgres has lost them',
    file: lua('resolve'),
    find: 'feed(q, recent, tonumber(ARGV[3]))',
    replace: "set_mark(q, 'fed', nil)",
    faults: ['postgres rolled back'],
  },
  {
    name: 'an op that comes back does not replace a newer one',
    file: include('feed'),
    find: 'if op > (held and held.op or 0) then',
    replace: 'if true then',
    faults: ['postgres rolled back'],
  },
  {
    name: 'nothing is handed out before all of them are back',
    file: lua('collect'),
    find: "if mark_of(q, 'fed') then return {} end",
    replace: '',
    faults: ['postgres rolled back', 'redis rolled back'],
  },
  {
    name: 'no post is made warm before all of them are back',
    file: lua('install-posts'),
    find: "if mark_of(q, 'fed') then return { 'FEEDING' } end",
    replace: '',
    faults: ['postgres rolled back', 'redis rolled back'],
  },
  {
    name: 'a post that is gone leaves no key',
    file: lua('settle'),
    find: "redis.call('UNLINK', meta, likes, KEYS[",
    replace: "redis.call('EXISTS', KEYS[",
    faults: ['post removed', 'split brain', 'redis down'],
  },
  {
    name: 'Redis is told of a post that was removed without it',
    file: POSTGRES,
    find: 'if (op.postId === postId) tables.refused.delete(key)\n    note(',
    replace: 'if (op.postId === postId) tables.refused.delete(key)\n    void (',
    faults: ['post removed', 'split brain', 'redis down'],
  },
  {
    name: 'Redis is told of likes that were set by hand',
    file: POSTGRES,
    find: 'post.rev++\n      note(',
    replace: 'post.rev++\n      void (',
    faults: ['bystanders'],
  },
  {
    name: 'a post whose likes were set by hand is read anew',
    file: lua('settle'),
    find: "redis.call('DEL', meta, likes)",
    replace: '',
    faults: ['bystanders'],
  },
]
