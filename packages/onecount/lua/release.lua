-- release: give the right to hydrate back, when there is nothing to install.
--
-- KEYS
--   1 hydrating  string  post:hydrating:<post>
-- ARGV
--   1 token      that begin returned
-- RETURNS
--   '1' | '0': it was not ours any more

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return '0' end
redis.call('DEL', KEYS[1])
return '1'
