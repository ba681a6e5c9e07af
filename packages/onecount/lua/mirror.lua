-- mirror: put likes that Postgres holds into the mirrors, unless Redis knows better: what is pending or was drained since
-- they were read is newer.
--
-- KEYS
--   1 q         zset    likes:pending
--   2 recent    zset    likes:recent
--   3.. per like: session:likes:<session> and post:liked:<post>
-- ARGV
--   1 likers    '1': post:liked:<post> is kept
--   2.. per like: post, session, op
-- RETURNS
--   'OK'
-- include: queue

local q, recent = KEYS[1], KEYS[2]
assert_writable(q)
for i = 2, #ARGV, 3 do
  local post, session, op, k = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), 3 + 2 * (i - 2) / 3
  local pair = post .. '|' .. session
  local held = pending_of(q, pair)
  local newest = math.max(op, held and held.op or 0, tonumber(redis.call('ZSCORE', recent, pair) or 0))
  local verb = newest % 2 == 1 and 'SADD' or 'SREM'
  redis.pcall(verb, KEYS[k], post)
  if ARGV[1] == '1' then redis.pcall(verb, KEYS[k + 1], session) end
end
return 'OK'
