-- stage: add a chunk of a large post's ratings to its staging keys, before install.
--
-- KEYS
--   1 hydrating  string  post:hydrating:<post>
--   2 staged     set     post:staged:<post>
--   3 ops        zset    post:staged:ops:<post>
--   4.. sessions set     session:likes:<session>, one a rating
-- ARGV
--   1 post       id
--   2 token      that begin returned
--   3 ttl        milliseconds, prolongs the token too
--   4 first      '1' for the first chunk: leftovers are dropped
--   5.. session, op of each rating
-- RETURNS
--   'OK' | 'LOST': the token is another's

local hydrating, staged, ops = KEYS[1], KEYS[2], KEYS[3]
local post, token, ttl = ARGV[1], ARGV[2], ARGV[3]
if redis.call('GET', hydrating) ~= token then return 'LOST' end
if ARGV[4] == '1' then redis.call('DEL', staged, ops) end
for i = 5, #ARGV, 2 do
  redis.call('SADD', staged, ARGV[i])
  redis.call('ZADD', ops, ARGV[i + 1], ARGV[i])
  redis.pcall('SADD', KEYS[4 + (i - 5) / 2], post)
end
redis.call('PEXPIRE', hydrating, ttl)
redis.call('PEXPIRE', staged, ttl)
redis.call('PEXPIRE', ops, ttl)
return 'OK'
