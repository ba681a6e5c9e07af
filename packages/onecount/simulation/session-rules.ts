import { core, include, lua, POSTGRES, type Rule } from './rule'

/** Ops of a pair, and what a session sees of its own. */
export const SESSION_RULES: Rule[] = [
  {
    name: 'the greater op wins in Redis',
    file: lua('write'),
    find: 'if op <= s.newest then',
    replace: 'if op == s.newest then',
    seed: 11,
  },
  {
    name: 'the greater op wins in Postgres',
    file: POSTGRES,
    find: 'tables.posts.has(entry.postId) && entry.op > knownOf(entry)',
    replace: 'tables.posts.has(entry.postId) && entry.op !== knownOf(entry)',
  },
  {
    name: 'Postgres keeps the op of an unlike',
    file: POSTGRES,
    find: 'post.ops.set(sessionId, op)',
    replace: 'if (isLikedOp(op)) post.ops.set(sessionId, op)\n      else post.ops.delete(sessionId)',
  },
  {
    name: 'a drained op is still compared',
    file: include('pair'),
    find: 'newest = math.max(held and held.op or 0, known or 0)',
    replace: 'newest = held and held.op or 0',
    faults: ['request late'],
  },
  {
    name: 'a press has one op, with every repeat',
    file: core('write'),
    find: 'const pair = { postId, sessionId, op }',
    replace: 'const pair = { postId, sessionId, op: 2 * ctx.now() + Number(liked) }',
  },
  {
    name: 'an op is durable only when nothing newer is pending',
    file: include('pair'),
    find: "s.held and s.held.op == s.newest and '0' or '1'",
    replace: "'1'",
  },
  {
    name: "with ack: 'postgres' an answer waits until it is durable",
    file: core('acknowledge'),
    find: 'await committer.untilDurable({ postId, sessionId, op: state.op })',
    replace: 'committer.untilDurable({ postId, sessionId, op: state.op }).catch(() => {})',
  },
  {
    name: 'a session sees what it has pressed',
    file: include('pair'),
    find: "redis.pcall('HSET', k.session, post, int(op) .. 'p')",
    replace: '',
  },
  {
    name: 'a session does not expire before what it has pressed is settled',
    file: include('pair'),
    find: "redis.pcall('PERSIST', k.session)",
    replace: '',
    faults: ['key expired'],
  },
  {
    name: 'of a session that is known in part no other post is known',
    file: core('read'),
    find: "(extent !== null && op !== '')",
    replace: 'extent !== null',
    faults: ['key expired'],
    seed: 45,
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
    seed: 11,
  },
  {
    name: 'a session is complete only while no removal is untold',
    file: POSTGRES,
    find: "extent: isShort && !isForgotten ? 'all' : 'some'",
    replace: "extent: isShort ? 'all' : 'some'",
    faults: ['post removed', 'bystanders', 'postgres rolled back', 'op refused', 'request late'],
    seed: 16,
  },
  {
    name: 'a session is made known only at the cut',
    file: lua('install-sessions'),
    find: "mark_of(q, 'nonce') ~= receipt or",
    replace: '',
    seed: 20,
  },
  {
    name: 'of a session that is made known only pending ops stay',
    file: lua('install-sessions'),
    find: "if post ~= '!' and pending_of(q, post .. '|' .. session) then put(post, 0) end",
    replace:
      "if post ~= '!' then put(post, tonumber(string.match(redis.call('HGET', key, post), '^%d+'))) end",
    faults: ['op refused', 'redis queue lost'],
  },
  {
    name: 'the pending ops of a session stay when it is made known',
    file: lua('install-sessions'),
    find: 'if held and held.op > op then',
    replace: 'if false then',
    seed: 60,
  },
]
