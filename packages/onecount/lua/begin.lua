-- begin: take the right to hydrate cold posts, and create the epoch where there is none.
--
-- KEYS
--   1 q         zset    likes:q
--   2 absent    zset    likes:absent
--   3.. per post: likes, liked, meta, hydrating (post:hydrating:<post>)
-- ARGV
--   1 token     of the one who hydrates
--   2 epoch     random id, a part of the epoch if there is none
--   3 ttl       milliseconds
--   4.. post    id
-- RETURNS
--   per post {'WARM'} | {'MINE', epoch, token to go on with} | {'BUSY', [pending member…]}: another one hydrates |
--   {'HELD', [pending member…]}: hydration is paused until every recent op is pending again, or the list was cut |
--   {'ABSENT'}: Postgres was asked a moment ago and has no such post
-- include: queue
-- include: warm

-- The confirmed nonce makes the token good for this moment alone: if this call arrives a second time after a batch
-- was settled, it does not revive a snapshot from before.
local q, ttl, out = KEYS[1], ARGV[3], {}
local TOLD = 1000
local token = ARGV[1] .. '|' .. confirmed_of(q)
local epoch = epoch_of(q)
local held = fed_of(q)
local time = redis.call('TIME')
local at = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
for i = 1, #ARGV - 3 do
  local k, post = 4 * i - 1, ARGV[3 + i]
  local hydrating = KEYS[k + 3]
  local values = redis.call('MGET', KEYS[k], KEYS[k + 2])
  if warm(epoch, values[1], values[2], KEYS[k + 1]) then
    out[i] = { 'WARM' }
  elseif tonumber(redis.call('ZSCORE', KEYS[2], post) or 0) > at then
    out[i] = { 'ABSENT' }
  elseif not held and redis.call('SET', hydrating, token, 'NX', 'PX', ttl) then
    epoch = epoch or begin_epoch(q, ARGV[2])
    out[i] = { 'MINE', epoch, token }
  else
    local pending = redis.call('ZRANGEBYLEX', q, '[' .. post .. '|', '(' .. post .. '}', 'LIMIT', 0, TOLD)
    out[i] = { (held or #pending == TOLD) and 'HELD' or 'BUSY', pending }
  end
end
-- Last, as a write that comes first would let the tokens into a Redis that is full.
assert_primary(q)
return out
