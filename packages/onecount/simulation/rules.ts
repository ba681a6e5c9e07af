import type { Fault } from './faults'

/** A rule of the engine, and the text that is there instead when it is switched off. */
export interface Rule {
  name: string
  /** Below packages/onecount. */
  file: string
  /** Exactly once in the file. */
  find: string
  replace: string
  /** What must go wrong for the rule to matter, where a mix of everything seldom brings it together. */
  faults?: Fault[]
}

const lua = (name: string) => `lua/${name}.lua`
const include = (name: string) => `lua/includes/${name}.lua`
const POSTGRES = 'simulation/memory-postgres.ts'
/** What the cut, the batch in flight and the sessions need; each is noticed when it is missing. */
export const RULES: Rule[] = [
  {
    name: 'Postgres takes a batch only of the cut that it has',
    file: POSTGRES,
    find: "if (receipt !== parent) return { status: 'rejected', receipt }",
    replace: '',
  },
  {
    name: 'the likes of a post are set when a batch is settled',
    file: lua('settle'),
    find: "local count = p.likes == '?' and p.count or tonumber(p.likes) + p.D",
    replace: 'local count = p.count',
  },
  {
    name: 'a batch settles only ops that Postgres holds',
    file: lua('settle'),
    find: 'is_held = held.op > op and held.op ~= refused',
    replace: 'is_held = false',
  },
  {
    name: 'what a newer op changes is told anew when an older one is settled',
    file: lua('settle'),
    find: 'd = held.op % 2 - op % 2',
    replace: 'd = held.d',
  },
  {
    name: 'what is pending of a post is added when it is made warm',
    file: lua('install-posts'),
    find: 'p.D, p.G = p.D + d, p.G + (of ~= epoch and 1 or 0)',
    replace: '',
  },
  {
    name: 'a batch is settled only while it is in flight',
    file: lua('settle'),
    find: "if nonce_in_flight(q) ~= ARGV[1] then return { 'LATE' } end",
    replace: '',
  },
  {
    name: 'a store has lost something only if the batch in flight was refused',
    file: lua('resolve'),
    find: "if nonce_in_flight(q) ~= nonce then return 'LATE' end",
    replace: '',
  },
  {
    name: 'a batch in flight stays as it is',
    file: include('batch'),
    find: "local batch = mark_of(q, 'out')",
    replace: 'local batch = nil',
  },
  {
    name: 'Redis is told what Postgres took without it',
    file: POSTGRES,
    find: 'note({ postId, sessionId, op: entry.op, prev: known, nonce: null })',
    replace: '',
  },
  {
    name: 'a settled batch tells warm sessions',
    file: include('session'),
    find: "redis.pcall('HSET', key, post, op)",
    replace: '',
  },
  {
    name: 'a snapshot has the ops of a session as of the cut',
    file: POSTGRES,
    find: '?.prev ?? knownOf(pair)',
    replace: '?.op ?? knownOf(pair)',
  },
  {
    name: 'likes are told as of the cut',
    file: POSTGRES,
    find: '.reduce((sum, { op, prev }) => sum - likes(op) + likes(prev), tables.posts.get(postId)!.likes)',
    replace: '.reduce(sum => sum, tables.posts.get(postId)!.likes)',
  },
  {
    name: 'a post is warm in one epoch alone',
    file: 'src/core/read.ts',
    find: "const isCold = epoch === '' || of !== epoch",
    replace: "const isCold = epoch === '' || of === undefined",
  },
  {
    name: 'a session is known in one epoch alone',
    file: include('session'),
    find: 'if of ~= epoch then return nil end',
    replace: '',
  },
  {
    name: 'of a session that is made known only what is pending stays',
    file: lua('install-session'),
    find: "if post ~= '!' and pending_of(q, post .. '|' .. session) then put(post, 0) end",
    replace:
      "if post ~= '!' then put(post, tonumber(string.match(redis.call('HGET', key, post), '^%d+'))) end",
  },
  {
    name: 'what is pending of a session stays when it is made known',
    file: lua('install-session'),
    find: 'if held and held.op > op then',
    replace: 'if false then',
  },
  {
    name: 'a post is made warm only at the cut',
    file: lua('install-posts'),
    find: "if mark_of(q, 'nonce') ~= ARGV[1] then return { 'AGAIN' } end",
    replace: '',
  },
  {
    name: 'a session is made known only at the cut',
    file: lua('install-session'),
    find: "mark_of(q, 'nonce') ~= ARGV[2] or",
    replace: '',
  },
  {
    name: 'a count is no guess any more only when its post is told',
    file: lua('settle'),
    find: 'p.was_guess = p.was_guess or guesses > 0',
    replace: '',
    faults: ['clock set back', 'request lost', 'postgres rolled back', 'short recent'],
  },
  {
    name: 'a slice is settled only after those before it',
    file: lua('settle'),
    find: "if tonumber(from) > (settled or 0) then return { 'LATE' } end",
    replace: '',
    faults: ['redis rolled back'],
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
    faults: ['op refused', 'redis queue lost', 'request late'],
  },
  {
    name: 'what was known in another epoch is a guess now',
    file: lua('install-posts'),
    find: '(of ~= epoch and 1 or 0)',
    replace: "(of == '' and 1 or 0)",
  },
  {
    name: 'a count with a guess in it says so',
    file: 'src/core/read.ts',
    find: "const isExact = guesses === '0' && isPairKnown",
    replace: 'const isExact = isPairKnown',
  },
  {
    name: 'what Postgres took of a pair comes with the batch of the pair',
    file: POSTGRES,
    find: 'for (const row of tables.log) if (pairOf(row) === key) row.nonce = nonce',
    replace: '',
  },
  {
    name: 'a revision grows when a post is made warm',
    file: lua('install-posts'),
    find: 'math.max(ARGV[i + 2] + 1, before and before.rev + 1 or 0, now)',
    replace: 'tonumber(ARGV[i + 2])',
  },
  {
    name: 'a revision grows when settling changes the count',
    file: lua('settle'),
    find: 'p.count, p.rev = count, math.max(p.rev + 1, now)',
    replace: 'p.count = count',
  },
  {
    name: 'drained ops come back when Postgres has lost them',
    file: lua('resolve'),
    find: 'feed(q, recent, tonumber(ARGV[3]))',
    replace: "set_mark(q, 'fed', nil)",
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
    name: 'a receipt has a part that Postgres makes',
    file: POSTGRES,
    find: '{newId()}`)',
    replace: '{1}`)',
    faults: ['postgres rolled back', 'reply lost', 'request late'],
  },
  {
    name: 'the same batch has the same answer',
    file: POSTGRES,
    find: 'if (nonceOf(receipt) !== nonce) {',
    replace: 'if (true) {',
  },
  {
    name: 'a batch that Postgres refuses is dropped',
    file: 'src/core/drain.ts',
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
    name: 'a press without an op is given one op, however often it arrives',
    file: lua('press'),
    find: "local given = tonumber(redis.call('GET', KEYS[8]))",
    replace: 'local given = nil',
    faults: ['no op', 'request twice', 'request late'],
  },
  {
    name: 'a press without an op beats what is there',
    file: lua('press'),
    find: 'local t = math.max(now, math.floor(s.newest / 2) + 1)',
    replace: 'local t = now',
    faults: ['servers apart', 'no op'],
  },
  {
    name: 'an op too far ahead is refused',
    file: lua('write'),
    find: 'if math.floor(op / 2) > moment + ahead then',
    replace: 'if false then',
    faults: ['client clocks'],
  },
  {
    name: 'an op is ahead only of what is newest',
    file: lua('write'),
    find: 'math.max(now, math.floor(s.newest / 2), s.post and s.post.rev or 0)',
    replace: 'now',
    faults: ['servers apart'],
  },
  {
    name: 'a refused op is pending no more',
    file: lua('settle'),
    find: 'is_held = held.op > op and held.op ~= refused',
    replace: 'is_held = held.op > op',
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
    faults: ['op refused', 'postgres rolled back'],
  },
  {
    name: 'a post that is gone leaves no key',
    file: lua('settle'),
    find: "redis.call('DEL', meta, likes)",
    replace: '',
    faults: ['post removed', 'split brain', 'redis down'],
  },
  {
    name: 'Redis is told of a post that was removed without it',
    file: POSTGRES,
    find: "note({ postId, sessionId: '', op: 0, prev: 0, nonce: null })",
    replace: '',
    faults: ['post removed', 'split brain', 'redis down'],
  },
  {
    name: 'a drainer whose clock is ahead forgets nothing too soon',
    file: 'src/core/drain.ts',
    find: '2 * Math.min(began, inRedis)',
    replace: '2 * began',
    faults: ['servers apart', 'postgres rolled back', 'short recent'],
  },
  {
    name: 'a drainer whose clock is behind forgets nothing too soon',
    file: 'src/core/drain.ts',
    find: '2 * Math.max(now, inRedis)',
    replace: '2 * now',
    faults: ['clock set back', 'request lost', 'postgres rolled back', 'short recent'],
  },
]
