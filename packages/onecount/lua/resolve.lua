-- resolve: Postgres refused a batch because it holds another receipt than our confirmed nonce; find out why.
--
-- KEYS
--   1 q         zset    likes:q
--   2 recent    zset    likes:recent
-- ARGV
--   1 receipt   that Postgres holds
--   2 nonce     of the refused batch
--   3 limit     recent ops at most that are made pending again at once; refeed does the others
-- RETURNS
--   'SAME' | 'CONFIRMED': a drainer died between sync and settle | 'LATE': ignored |
--   'DIVERGED': one store lost something; every recent op becomes pending again and every post is cold
-- include: refeed

local q, recent, receipt, nonce = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
allow_when_full(q)
if receipt == confirmed_of(q) then return 'SAME' end
if is_outstanding(q, receipt) then
  confirm(q, receipt)
  return 'CONFIRMED'
end
if not is_outstanding(q, nonce) then return 'LATE' end

local epoch = epoch_of(q)
redis.call('ZADD', q, 0, '!fed|0')
if epoch then redis.call('ZREM', q, '!epoch|' .. epoch) end
confirm(q, receipt)
refeed(q, recent, tonumber(ARGV[3]))
return 'DIVERGED'
