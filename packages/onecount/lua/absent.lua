-- absent: Postgres has no such posts; drop what is held of them, and remember for a moment that they are absent.
--
-- KEYS
--   1 absent     zset    likes:absent, post -> until when, milliseconds of Redis' clock; the newest 10,000
--   2 rank       zset    likes:rank
--   3.. per post: likes, liked, meta, hydrating
-- ARGV
--   1 ttl        milliseconds
--   2.. per post: post, token that begin returned
-- RETURNS
--   the posts that are remembered; one whose token is another's or ran out is left alone
-- include: forget
-- include: ranking

local KEPT = 10000
local absent, ttl, out = KEYS[1], tonumber(ARGV[1]), {}
local time = redis.call('TIME')
local at = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZREMRANGEBYSCORE', absent, '-inf', at)
for i = 2, #ARGV, 2 do
  local k = 2 * i - 1
  -- Another one may have found the post since: it was created meanwhile.
  if redis.call('GET', KEYS[k + 3]) == ARGV[i + 1] then
    forget({ likes = KEYS[k], liked = KEYS[k + 1], meta = KEYS[k + 2] }, KEYS[k + 3])
    unrank(KEYS[2], ARGV[i])
    redis.pcall('ZADD', absent, at + ttl, ARGV[i])
    out[#out + 1] = ARGV[i]
  end
end
local excess = redis.call('ZCARD', absent) - KEPT
if excess > 0 then redis.call('ZREMRANGEBYRANK', absent, 0, excess - 1) end
redis.call('PEXPIRE', absent, ttl)
return out
