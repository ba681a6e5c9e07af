-- close: take over the pending ops of a partition that is given up. Its queue is replaced by a string, so that each script
-- of a process that still uses the partition fails, and Postgres serves that process.
--
-- KEYS
--   1 q         zset    likes:pending
--   2 rest      zset    likes:pending:closed, the members that are not handed over yet
-- ARGV
--   1 limit     ops at most
--   2.. member  that Postgres holds by now
-- RETURNS
--   pending member… | {}: nothing is left
-- include: queue

local q, rest = KEYS[1], KEYS[2]
if redis.call('EXISTS', rest) == 0 then
  local kind = redis.call('TYPE', q).ok
  if kind == 'zset' then redis.call('RENAME', q, rest) end
  if kind ~= 'string' then redis.call('SET', q, 'the posts are in other partitions') end
end
for i = 2, #ARGV do redis.call('ZREM', rest, ARGV[i]) end
local members = redis.call('ZRANGEBYLEX', rest, PENDING_FROM, '+', 'LIMIT', 0, ARGV[1])
if #members == 0 then redis.call('UNLINK', rest) end
return members
