import { core, include, lua, POSTGRES, type Rule } from './rule'

/** One batch in flight, settled in slices, and the chain of receipts. */
export const BATCH_RULES: Rule[] = [
  {
    name: 'Postgres takes a batch only of the cut that it has',
    file: POSTGRES,
    find: "if (receipt !== parent) return { status: 'rejected', receipt }",
    replace: '',
  },
  {
    name: 'a batch in flight stays as it is',
    file: include('batch'),
    find: "local nonce = mark_of(q, 'out')",
    replace: 'local nonce = nil',
  },
  {
    name: 'every hand-out has a nonce of its own',
    file: include('batch'),
    find: ".. '.' .. table.concat(redis.call('TIME'), '.')",
    replace: ".. '.1795000000.0'",
    faults: ['request twice', 'request late', 'redis flushed'],
  },
  {
    name: 'a batch is settled only while it is in flight',
    file: lua('settle'),
    find: "if nonce_in_flight(q) ~= ARGV[1] then return { 'LATE' } end",
    replace: '',
  },
  {
    name: 'the same batch has the same answer',
    file: POSTGRES,
    find: 'if (nonceOf(receipt) !== nonce) {',
    replace: 'if (true) {',
  },
  {
    name: 'a receipt has a part that Postgres makes',
    file: POSTGRES,
    find: '{newId()}`)',
    replace: '{1}`)',
    faults: ['postgres rolled back', 'reply lost', 'request late'],
  },
  {
    name: 'a batch that Postgres refuses is dropped',
    file: core('drain'),
    find: "if (error instanceof StoreRefused) await ctx.redis!.run('abandon', [keys.q], [nonce])",
    replace: '',
    faults: ['op refused'],
  },
  {
    name: 'a batch of which some is settled is not dropped',
    file: lua('abandon'),
    find: "if mark_of(KEYS[1], 'half') then return '0' end",
    replace: '',
    faults: ['op refused', 'postgres rolled back', 'reply lost'],
  },
  {
    name: 'a slice is settled only after those before it',
    file: lua('settle'),
    find: "if tonumber(from) > (settled or 0) then return { 'LATE' } end",
    replace: '',
    faults: ['redis rolled back', 'settings apart'],
  },
  {
    name: 'a slice that comes again says nothing new',
    file: lua('settle'),
    find: "if final == '' and tonumber(to) <= (settled or 0) then return { 'OK' } end",
    replace: '',
    faults: ['redis down', 'split brain', 'request late', 'dozen instances'],
  },
  {
    name: 'the likes of a post are told with the last slice that it is in',
    file: core('settlement'),
    find: "id === continued && typeof likes.get(id) === 'number' ? '?' : likes.get(id)!",
    replace: 'likes.get(id)!',
  },
  {
    name: 'a count is no guess any more only when its post is told',
    file: lua('settle'),
    find: 'p.was_guess = p.was_guess or guesses > 0',
    replace: '',
    faults: ['clock set back', 'request lost', 'postgres rolled back', 'short recent'],
  },
  {
    name: 'no post is made warm between the slices of a batch',
    file: lua('install-posts'),
    find: "if mark_of(q, 'half') then return { 'AGAIN' } end",
    replace: '',
    faults: ['op refused', 'post removed', 'redis queue lost', 'request late'],
  },
  {
    name: 'no session is made known between the slices of a batch',
    file: lua('install-session'),
    find: " or mark_of(q, 'half') then",
    replace: ' then',
    faults: ['redis down', 'request late', 'dozen instances'],
  },
]
