-- mirror: write pairs into the mirrors as Postgres holds them, unless Redis has a newer op: one that is pending, or was
-- drained after Postgres was read.
--
-- KEYS
--   1 q         zset    likes:pending
--   2 recent    zset    likes:recent
--   3.. per pair: session:likes:<session> and post:liked:<post>
-- ARGV
--   1 likers    '1': post:liked:<post> is kept
--   2.. per pair: post, session, op in Postgres, 0 for none, recent op of before it was read, '' where that is not known
-- RETURNS
--   'OK'
-- include: queue

local q, recent = KEYS[1], KEYS[2]
assert_writable(q)
for i = 2, #ARGV, 4 do
  local post, session, op, before, k = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]), 3 + (i - 2) / 2
  local pair = post .. '|' .. session
  local held, drained = pending_of(q, pair), tonumber(redis.call('ZSCORE', recent, pair) or 0)
  -- An op that was recent before Postgres was read is in its answer, or Postgres has lost it.
  if drained == before then drained = 0 end
  local newest = math.max(op, held and held.op or 0, drained)
  local verb = newest % 2 == 1 and 'SADD' or 'SREM'
  redis.pcall(verb, KEYS[k], post)
  if ARGV[1] == '1' then redis.pcall(verb, KEYS[k + 1], session) end
end
return 'OK'
