-- cool: make a post cold, so that the next reader hydrates it. Its revision stays: it must not go back.
--
-- KEYS
--   1 meta      string  post:meta:<post>
-- ARGV
-- RETURNS
--   '1' | '0': it was cold

local meta = redis.call('MGET', KEYS[1])[1]
local numbers = meta and string.match(meta, '^(%d+|%-?%d+|).')
if not numbers then return '0' end
redis.call('SET', KEYS[1], numbers)
return '1'
