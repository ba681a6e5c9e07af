-- cool: make a post cold, so that its next reader hydrates it. Its revision stays: it must not go back.
--
-- KEYS
--   1 meta      string  post:meta:<post>
-- ARGV
-- RETURNS
--   '1' | '0': it was cold
-- include: post

local numbers = string.match(redis.call('MGET', KEYS[1])[1] or '', '^(%-?%d+|%d+|)%-?%d+|%d+|.')
if not numbers then return '0' end
redis.call('SET', KEYS[1], numbers .. '0|0|', 'KEEPTTL')
return '1'
