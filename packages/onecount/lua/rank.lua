-- rank: the most liked posts of this moment; of equal ones the greater id first. Refused by a replica.
--
-- KEYS
--   1 q         zset    likes:pending
--   2 rank      zset    likes:rank
-- ARGV
--   1 limit     posts at most
-- RETURNS
--   {epoch, post, count, …} | {''}: not every post was ranked since this Redis began, ask Postgres
-- include: queue
-- include: ranking

local rank = KEYS[2]
assert_primary(KEYS[1])
local epoch = epoch_of(KEYS[1])
if not is_complete(rank, epoch) then return { '' } end
return { epoch, unpack(redis.call('ZREVRANGEBYSCORE', rank, '+inf', 0, 'WITHSCORES', 'LIMIT', 0, ARGV[1])) }
