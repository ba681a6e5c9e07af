-- release: give the right to fill the ranking back, before all of it was brought.
--
-- KEYS
--   1 filling  string  likes:rank:filling
-- ARGV
--   1 token    that prepare was given
-- RETURNS
--   '1' | '0': it was not ours any more

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return '0' end
redis.call('DEL', KEYS[1])
return '1'
