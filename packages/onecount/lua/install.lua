-- install: make a post warm from a snapshot of Postgres plus what is pending.
--
-- KEYS
--   1 q          zset    likes:q
--   2 recent     zset    likes:recent
--   3 rank       zset    likes:rank
--   4 likes      string  post:likes:<post>
--   5 liked      set     post:liked:<post>
--   6 meta       string  post:meta:<post>
--   7 hydrating  string  post:hydrating:<post>
--   8 staged     set     post:staged:<post>
--   9 ops        zset    post:staged:ops:<post>
--   10.. sessions set    session:likes:<session>, one a rating and one an unseen op
-- ARGV
--   1 post       id
--   2 token      that begin returned
--   3 epoch      that begin returned
--   4 now        microseconds
--   5 base       likes of the snapshot that have no rating
--   6 rev        of the snapshot
--   7 staged     how many ratings were staged; none follow then
--   8 ratings    how many follow
--   9 receipt    of Postgres, when the snapshot was made; '': not compared
--   10.. session, op of each rating, then of each op that Redis has not seen
-- RETURNS
--   'OK' | 'LOST': the token is another's or ran out, or something of what was staged is gone |
--   'UNKNOWN': the snapshot is of a batch that this Redis does not remember to have handed out
-- include: number
-- include: queue
-- include: warm

local q, recent, rank, likes, liked, meta = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local hydrating, staging, staged_ops = KEYS[7], KEYS[8], KEYS[9]
local post, token, epoch, now, base = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local staged, ratings = tonumber(ARGV[7]), tonumber(ARGV[8])
if redis.call('GET', hydrating) ~= token then return 'LOST' end
if is_ahead_of(q, ARGV[9]) then return 'UNKNOWN' end
if staged > 0 and (redis.call('SCARD', staging) ~= staged or redis.call('ZCARD', staged_ops) ~= staged) then
  redis.call('DEL', hydrating, staging, staged_ops)
  return 'LOST'
end

for i = 10 + 2 * ratings, #ARGV, 2 do
  local pair, op = post .. '|' .. ARGV[i], tonumber(ARGV[i + 1])
  local pending, held = pending_of(q, pair)
  if op > math.max(pending, tonumber(redis.call('ZSCORE', recent, pair) or 0)) then pend(q, pair, int(op), '0', held) end
end

redis.call('DEL', liked)
local ops = {}
if staged > 0 then
  redis.call('RENAME', staging, liked)
  redis.call('PERSIST', liked)
else
  for i = 10, 8 + 2 * ratings, 2 do
    ops[ARGV[i]] = tonumber(ARGV[i + 1])
    redis.call('SADD', liked, ARGV[i])
  end
end

for _, member in ipairs(redis.call('ZRANGEBYLEX', q, '[' .. post .. '|', '(' .. post .. '}')) do
  local session, op = string.match(member, '^[^|]+|([^|]+)|(%d+)|%d+$')
  local rated = staged > 0 and tonumber(redis.call('ZSCORE', staged_ops, session) or 0) or ops[session] or 0
  op = tonumber(op)
  if op > rated then redis.call(op % 2 == 1 and 'SADD' or 'SREM', liked, session) end
end

local count = base + redis.call('SCARD', liked)
local previous = revision_of(redis.call('MGET', meta)[1])
local rev = math.max(tonumber(ARGV[6]) + 1, previous + 1, now)
redis.call('SET', likes, int(count))
redis.call('SET', meta, int(rev) .. '|' .. int(base) .. '|' .. epoch)
redis.call('DEL', hydrating, staged_ops)
redis.pcall('ZADD', rank, count, post)
for i = 10, #ARGV, 2 do
  local k = 10 + (i - 10) / 2
  redis.pcall(redis.call('SISMEMBER', liked, ARGV[i]) == 1 and 'SADD' or 'SREM', KEYS[k], post)
end
return 'OK'
