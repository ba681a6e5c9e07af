-- adopt: take over the pending ops of the version before. It finds its queue replaced by a string, so that each of its
-- scripts fails, and its processes serve from Postgres until they are replaced too. To be called until there is no more,
-- before resolve.
--
-- KEYS
--   1 before    zset    likes:q, the queue of the version before: <post>|<session>|<op>|<rev>
--   2 rest      zset    likes:q:before, the entries that are not adopted yet
--   3 q         zset    likes:pending
--   4 recent    zset    likes:recent
-- ARGV
--   1 limit     ops at most
-- RETURNS
--   '1': there are more | '0'
-- include: queue

local before, rest, q, recent = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
allow_when_full(q)
if redis.call('EXISTS', rest) == 0 then
  local kind = redis.call('TYPE', before).ok
  if kind == 'zset' then redis.call('RENAME', before, rest) end
  if kind ~= 'string' then redis.call('SET', before, 'onecount keeps what is pending in likes:pending') end
end

-- resolve makes recent ops pending again.
local members = redis.call('ZRANGEBYLEX', rest, PENDING_FROM, '+', 'LIMIT', 0, ARGV[1])
for _, member in ipairs(members) do
  local pair, op = string.match(member, '^([^|]+|[^|]+)|(%d+)|%d+$')
  if pair then redis.call('ZADD', recent, 'GT', op, pair) end
  redis.call('ZREM', rest, member)
end
if #members == tonumber(ARGV[1]) then return '1' end

local home = redis.call('ZRANGEBYLEX', rest, '[!home|', '(!home}', 'LIMIT', 0, 1)[1]
if home and not mark_of(q, 'home') then set_mark(q, 'home', string.sub(home, 7)) end
redis.call('UNLINK', rest)
return redis.call('TYPE', before).ok == 'zset' and '1' or '0'
