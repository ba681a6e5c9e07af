-- cool: make a post cold, and sessions, so that the next reader hydrates them. The post's revision stays, as it must
-- not go back; so do the pending ops of the sessions.
--
-- KEYS
--   1 meta      string  post:meta:<post>
--   2.. session hash    session:ops:<session>
-- ARGV
-- RETURNS
--   '1' | '0': the post was cold
-- include: post

for i = 2, #KEYS do redis.pcall('HDEL', KEYS[i], '!') end
local numbers = string.match(redis.call('MGET', KEYS[1])[1] or '', '^(%-?%d+|%d+|)%-?%d+|%d+|.')
if not numbers then return '0' end
redis.call('SET', KEYS[1], numbers .. '0|0|', 'KEEPTTL')
return '1'
