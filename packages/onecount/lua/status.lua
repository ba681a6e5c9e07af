-- status: read the backlog of the drain. Changes nothing; a replica refuses it.
--
-- KEYS
--   1 q         zset    likes:pending
--   2 recent    zset    likes:recent
-- ARGV
--   1 sample    pending ops looked at for the oldest one
-- RETURNS
--   {receipt of the cut, epoch or '', number of pending ops, oldest op of the sample or '0', id of this Redis or ''};
--   recent ops that have to become pending again count as pending
-- include: number
-- include: queue

local q = KEYS[1]
assert_primary(q)
local pending = redis.call('ZCARD', q) - redis.call('ZLEXCOUNT', q, '[!', PENDING_FROM)
local oldest
local fed = mark_of(q, 'fed')
if fed then pending = pending + redis.call('ZCARD', KEYS[2]) - fed end
for _, member in ipairs(redis.call('ZRANGEBYLEX', q, PENDING_FROM, '+', 'LIMIT', 0, ARGV[1])) do
  local op = tonumber(string.match(member, '|(%d+)|%d+|%-?%d|[^|]*$'))
  if op and (not oldest or op < oldest) then oldest = op end
end
return { mark_of(q, 'nonce') or '', epoch_of(q) or '', int(pending), int(oldest or 0), mark_of(q, 'home') or '' }
