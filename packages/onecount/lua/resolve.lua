-- resolve: Postgres refused a batch because it holds another receipt than our confirmed nonce; find out why.
--
-- KEYS
--   1 q         zset    likes:q
--   2 recent    zset    likes:recent
-- ARGV
--   1 receipt   that Postgres holds
--   2 nonce     of the refused batch
--   3 epoch     random id, used when the stores have diverged
-- RETURNS
--   'SAME' | 'CONFIRMED': a drainer died between sync and settle | 'LATE': ignored |
--   'DIVERGED': one store lost something; every recent op is pending again and every post is cold
-- include: number
-- include: queue

local q, recent, receipt, nonce = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
if receipt == confirmed_of(q) then return 'SAME' end
if is_outstanding(q, receipt) then
  confirm(q, receipt)
  return 'CONFIRMED'
end
if not is_outstanding(q, nonce) then return 'LATE' end

local pairs_ = redis.call('ZRANGE', recent, 0, -1, 'WITHSCORES')
for i = 1, #pairs_, 2 do
  local pending, held = pending_of(q, pairs_[i])
  local op = tonumber(pairs_[i + 1])
  if op > pending then pend(q, pairs_[i], int(op), '0', held) end
end
local epoch = epoch_of(q)
redis.call('ZADD', q, 0, '!epoch|' .. ARGV[3])
if epoch then redis.call('ZREM', q, '!epoch|' .. epoch) end
confirm(q, receipt)
return 'DIVERGED'
