import { CLOCK_RULES } from './clock-rules'
import type { Fault } from './faults'
import { REFUSAL_RULES } from './refusal-rules'

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

const lua = (file: string) => `lua/${file}.lua`
const queue = lua('includes/queue')
const apply = lua('includes/apply')
const warm = lua('includes/warm')
const POSTGRES = 'simulation/memory-postgres.ts'

/** Every rule on which convergence rests. The simulation must notice when one of them is missing. */
export const RULES: Rule[] = [
  ...CLOCK_RULES,
  ...REFUSAL_RULES,
  {
    name: 'a batch is applied only if Postgres holds its parent',
    file: POSTGRES,
    find: "if (receipt !== parent) return { status: 'rejected', receipt }",
    replace: '',
  },
  {
    name: 'the greater op wins in Postgres',
    file: POSTGRES,
    find: 'if (op <= known) continue',
    replace: 'if (op === known) continue',
  },
  {
    name: 'Postgres keeps the op of an unlike',
    file: POSTGRES,
    find: 'post.ops.set(sessionId, op)',
    replace: 'if (isLikedOp(op)) post.ops.set(sessionId, op); else post.ops.delete(sessionId)',
  },
  {
    name: 'what Postgres has accepted is unseen by Redis',
    file: POSTGRES,
    find: 'if (markApplied) put({ postId, sessionId, op })',
    replace: '',
    faults: ['split brain', 'redis down'],
  },
  {
    name: 'an op that came too late brings the greater one back',
    file: POSTGRES,
    find: 'if (op < known) put({ postId, sessionId, op: known })',
    replace: '',
    faults: ['request late', 'redis flushed'],
  },
  {
    name: 'only exactly the op that was seen is not unseen any more',
    file: POSTGRES,
    find: 'tables.unseen.get(key)?.op === op',
    replace: 'op > 0',
    faults: ['split brain'],
  },
  {
    name: 'Redis is told of a post that was removed',
    file: POSTGRES,
    find: "put({ postId, sessionId: '', op: ++handEdits * 2 })",
    replace: '++handEdits',
    faults: ['post removed', 'split brain', 'redis down'],
  },
  {
    name: 'the greater op wins in Redis',
    file: apply,
    find: 'if op <= newest or',
    replace: 'if op == newest or',
  },
  {
    name: 'a drained op is still compared',
    file: apply,
    find: "math.max(pending, tonumber(redis.call('ZSCORE', k.recent, pair) or 0))",
    replace: 'pending',
    faults: ['request late'],
  },
  {
    name: 'the revision grows with every change',
    file: apply,
    find: 'rev = math.max(rev + 1, now)',
    replace: 'rev = rev + 0',
  },
  {
    name: 'an op is durable only when nothing newer is pending',
    file: apply,
    find: 'return newest, newest > pending, count',
    replace: 'return newest, newest > 0, count',
  },
  {
    name: 'the count is base plus members',
    file: warm,
    find: "if type(members) ~= 'number' or count ~= base + members then return nil end",
    replace: '',
    faults: ['redis key lost'],
  },
  {
    name: 'the keys of a post are of this epoch',
    file: warm,
    find: 'if of ~= epoch then return nil end',
    replace: '',
  },
  {
    name: 'confirming a batch ends the others',
    file: queue,
    find: "redis.call('ZREMRANGEBYLEX', q, '[!out|', '(!out}')\nend",
    replace: 'end',
    faults: ['request late', 'redis rolled back', 'postgres rolled back'],
  },
  {
    name: 'every hand-out has a nonce of its own',
    file: lua('collect'),
    find: ".. '.' .. table.concat(redis.call('TIME'), '.')",
    replace: ".. '.1795000000.0'",
    faults: ['request twice', 'request late', 'redis flushed'],
  },
  {
    name: 'every epoch is a new one',
    file: queue,
    find: "local epoch = id .. '.' .. table.concat(redis.call('TIME'), '.')",
    replace: 'local epoch = id',
    faults: ['request twice', 'postgres rolled back'],
  },
  {
    name: 'what was drained is forgotten only after Postgres has confirmed a batch',
    file: lua('collect'),
    find: 'local members =',
    replace:
      "redis.call('ZREMRANGEBYSCORE', recent, '-inf', '(' .. string.format('%.0f', 2 * (now - 400000)))\nlocal members =",
    faults: ['postgres rolled back', 'short recent'],
  },
  {
    name: 'what had waited for long is not forgotten at once',
    file: lua('settle'),
    find: 'if tonumber(op) < late_before then',
    replace: 'if false then',
    faults: ['postgres down', 'postgres rolled back', 'short recent'],
  },
  {
    name: 'only a batch that is handed out settles',
    file: lua('settle'),
    find: "if not is_outstanding(q, nonce) then return 'LATE' end",
    replace: '',
    faults: ['request late', 'crash', 'reply lost'],
  },
  {
    name: 'settling takes exactly the op that was drained',
    file: lua('settle'),
    find: "if redis.call('ZREM', q, ARGV[j]) == 1 and not gone then",
    replace: `local _, held = pending_of(q, string.match(ARGV[j], '^(.*)|%d+|%d+$'))
      if held and redis.call('ZREM', q, held) == 1 and not gone then`,
  },
  {
    name: 'settling waits for who hydrates the post',
    file: lua('settle'),
    find: "if redis.call('EXISTS', KEYS[k + 3]) == 0 then",
    replace: 'do',
    faults: ['redis key lost', 'crash'],
  },
  {
    name: 'the batch of a drainer that died is confirmed',
    file: lua('resolve'),
    find: "if is_outstanding(q, receipt) then\n  confirm(q, receipt)\n  return 'CONFIRMED'\nend",
    replace: '',
    faults: ['crash', 'reply lost'],
  },
  {
    name: 'a refusal that comes late is ignored',
    file: lua('resolve'),
    find: "if not is_outstanding(q, nonce) then return 'LATE' end",
    replace: '',
    faults: ['request late', 'crash', 'reply lost'],
  },
  {
    name: 'stores that have diverged are given every recent op again',
    file: lua('includes/refeed'),
    find: "if op > pending then pend(q, pair, int(op), '0', held) end",
    replace: '',
    faults: ['postgres rolled back'],
  },
  {
    name: 'nobody hydrates before every recent op is pending again',
    file: lua('begin'),
    find: 'local held = fed_of(q)',
    replace: 'local held = false',
    faults: ['postgres rolled back', 'redis key lost'],
  },
  {
    name: 'nothing is handed out before every recent op is pending again',
    file: lua('collect'),
    find: "if fed_of(q) then return { '' } end",
    replace: '',
    faults: ['postgres rolled back'],
  },
  {
    name: 'stores that have diverged hydrate every post anew',
    file: lua('resolve'),
    find: "if epoch then redis.call('ZREM', q, '!epoch|' .. epoch) end",
    replace: '',
    faults: ['redis rolled back'],
  },
  {
    name: 'the right to hydrate is good for one moment',
    file: lua('begin'),
    find: "local token = ARGV[1] .. '|' .. confirmed_of(q)",
    replace: 'local token = ARGV[1]',
    faults: ['request twice'],
  },
  {
    name: 'only who has the right installs',
    file: lua('install'),
    find: "if redis.call('GET', hydrating) ~= token then return 'LOST' end",
    replace: '',
    faults: ['request late', 'redis key lost'],
  },
  {
    name: 'a snapshot of a batch that Redis does not remember is not installed',
    file: lua('install'),
    find: "if is_ahead_of(q, ARGV[9]) then return 'UNKNOWN' end",
    replace: '',
    faults: ['redis rolled back', 'postgres rolled back'],
  },
  {
    name: 'a snapshot that was staged is whole',
    file: lua('install'),
    find: "if staged > 0 and (redis.call('SCARD', staging) ~= staged or redis.call('ZCARD', staged_ops) ~= staged) then",
    replace: "if staged > 0 and redis.call('EXISTS', staging) == 0 then",
    faults: ['redis key lost'],
  },
  {
    name: 'unseen ops are pending once they are installed',
    file: lua('install'),
    find: "then pend(q, pair, int(op), '0', held) end",
    replace: 'then end',
    faults: ['split brain', 'redis flushed', 'redis key lost'],
  },
  {
    name: 'pending ops are laid over a snapshot',
    file: lua('install'),
    find: "if op > rated then redis.call(op % 2 == 1 and 'SADD' or 'SREM', liked, session) end",
    replace: '',
  },
  {
    name: 'the revision goes on growing when a post is hydrated',
    file: lua('install'),
    find: 'local rev = math.max(tonumber(ARGV[6]) + 1, previous + 1, now)',
    replace: 'local rev = tonumber(ARGV[6])',
  },
  {
    name: 'who has read a post before it is forgotten cannot install it',
    file: lua('includes/forget'),
    find: "redis.call('DEL', k.likes, k.liked, k.meta, hydrating)",
    replace: "redis.call('DEL', k.likes, k.liked, k.meta)",
    faults: ['post removed', 'request late', 'redis key lost'],
  },
  {
    name: 'a press has one op, with every repeat',
    file: 'src/core/write.ts',
    find: 'const pair = { postId, sessionId, op }',
    replace: 'const pair = { postId, sessionId, op: 2 * ctx.now() + Number(liked) }',
  },
  {
    name: 'a cold post accepts a press',
    file: 'src/core/write.ts',
    find: "reply = await runWrite(ctx, { ...pair, now: ctx.now(), accept: 'any' })",
    replace: "reply = await runWrite(ctx, { ...pair, now: ctx.now(), accept: 'warm' })",
  },
  {
    name: 'who meets a hydrator reads Postgres with what is pending',
    file: 'src/core/hydrate.ts',
    find: 'postgres.peek(postIds, sessionId, pending)',
    replace: 'postgres.peek(postIds, sessionId, pending.slice(pending.length))',
  },
  {
    name: 'a cold post is unknown while Postgres cannot be read',
    file: 'src/core/read.ts',
    find: "if (error.store === 'redis') {",
    replace: "if (error.store === 'redis' || error.store === 'postgres') {",
  },
  {
    name: "with ack: 'postgres' an answer waits until it is durable",
    file: 'src/core/onecount.ts',
    find: 'await committer.untilDurable({ postId, sessionId, op: state.op })',
    replace: 'committer.untilDurable({ postId, sessionId, op: state.op }).catch(() => {})',
  },
]
