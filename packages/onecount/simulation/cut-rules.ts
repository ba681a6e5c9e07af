import { core, include, lua, POSTGRES, type Rule } from './rule'

/** What a count is made of, and of which moment. */
export const CUT_RULES: Rule[] = [
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
    name: 'the pending ops of a post are added when it is made warm',
    file: include('pending'),
    find: 'D, G = D + d, G + (of ~= epoch and 1 or 0)',
    replace: '',
  },
  {
    name: 'a post is made warm only at the cut',
    file: lua('install-posts'),
    find: "if mark_of(q, 'nonce') ~= ARGV[1] then return { 'AGAIN' } end",
    replace: '',
  },
  {
    name: 'likes are told as of the cut',
    file: POSTGRES,
    find: '.reduce((sum, { op, prev }) => sum - likes(op) + likes(prev), tables.posts.get(postId)!.likes)',
    replace: '.reduce(sum => sum, tables.posts.get(postId)!.likes)',
    seed: 11,
  },
  {
    name: 'Redis is told what Postgres took without it',
    file: POSTGRES,
    find: 'note({ postId, sessionId, op: entry.op, prev: known, nonce: null })',
    replace: '',
  },
  {
    name: 'what Postgres took of a pair comes with the batch of the pair',
    file: POSTGRES,
    find: 'for (const row of tables.log) if (pairOf(row) === key) row.nonce = nonce',
    replace: '',
    seed: 140,
  },
  {
    name: 'what was known in another epoch is a guess now',
    file: include('pending'),
    find: '(of ~= epoch and 1 or 0)',
    replace: "(of == '' and 1 or 0)",
    seed: 21,
  },
  {
    name: 'a count with a guess in it says so',
    file: core('read'),
    find: 'const isExact = (isPrivate || numbers?.guesses === 0) && isPairKnown',
    replace: 'const isExact = isPairKnown',
    seed: 60,
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
    name: 'a revision grows with every press',
    file: include('pair'),
    find: 'if p then p.rev = math.max(p.rev + 1, now) end',
    replace: '',
  },
]
