-- feed: after the stores have diverged, make more of the recent ops pending again.
--
-- KEYS
--   1 q         zset    likes:pending
--   2 recent    zset    likes:recent
-- ARGV
--   1 limit     ops at most
-- RETURNS
--   '1': there are more | '0'
-- include: feed

allow_when_full(KEYS[1])
return feed(KEYS[1], KEYS[2], tonumber(ARGV[1])) and '1' or '0'
