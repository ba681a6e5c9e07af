-- sizes: how many like each of some posts, as their mirrors say. Changes nothing.
--
-- KEYS
--   1 q         zset    likes:pending
--   2.. liked   set     post:liked:<post> of each post, a mirror
-- ARGV
-- RETURNS
--   {size, …}, 0 where there is none
-- include: number
-- include: queue

assert_primary(KEYS[1])
local out = {}
for i = 2, #KEYS do
  local size = redis.pcall('SCARD', KEYS[i])
  out[i - 1] = type(size) == 'number' and int(size) or '0'
end
return out
