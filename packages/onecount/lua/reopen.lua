-- reopen: let a partition that was given up be one again.
--
-- KEYS
--   1 q         zset    likes:pending, or the string that close has put there
-- ARGV
-- RETURNS
--   '1' | '0': it was not closed

if redis.call('TYPE', KEYS[1]).ok ~= 'string' then return '0' end
redis.call('DEL', KEYS[1])
return '1'
