-- rank: the most liked posts of this moment. Refused by a replica.
--
-- KEYS
--   1 q         zset    likes:q
--   2 rank      zset    likes:rank
-- ARGV
--   1 limit     posts at most
-- RETURNS
--   {'1', post, count, …} | {'0'}: the ranking was not filled since this Redis began, ask Postgres
-- include: queue

assert_primary(KEYS[1])
local epoch = epoch_of(KEYS[1])
if not epoch or not redis.call('ZSCORE', KEYS[2], '!epoch|' .. epoch) then return { '0' } end
return { '1', unpack(redis.call('ZREVRANGEBYSCORE', KEYS[2], '+inf', 0, 'WITHSCORES', 'LIMIT', 0, ARGV[1])) }
