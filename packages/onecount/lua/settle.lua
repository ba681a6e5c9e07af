-- settle: what Postgres has confirmed is pending no more.
--
-- KEYS
--   1 q         zset    likes:q
--   2 recent    zset    likes:recent
--   3 rank      zset    likes:rank
--   4.. per post: likes, liked, meta, hydrating
-- ARGV
--   1 nonce     of the batch
--   2.. per post: post, gone ('1': Postgres has no such post), how many members, the members as collect gave them
-- RETURNS
--   'OK' | 'LATE': the nonce is not outstanding, nothing changed
-- include: forget
-- include: queue

local q, recent, rank, nonce = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
if not is_outstanding(q, nonce) then return 'LATE' end
confirm(q, nonce)

local i, k = 2, 4
while i <= #ARGV do
  local post, gone, members = ARGV[i], ARGV[i + 1] == '1', tonumber(ARGV[i + 2])
  -- A hydrator's snapshot may be older than this batch: until it has installed, its post's ops stay pending.
  if redis.call('EXISTS', KEYS[k + 3]) == 0 then
    for j = i + 3, i + 2 + members do
      if redis.call('ZREM', q, ARGV[j]) == 1 then
        local pair, op = string.match(ARGV[j], '^(.*)|(%d+)|%d+$')
        redis.call('ZADD', recent, 'GT', op, pair)
      end
    end
    if gone then forget({ likes = KEYS[k], liked = KEYS[k + 1], meta = KEYS[k + 2], rank = rank }, KEYS[k + 3], post) end
  end
  i, k = i + 3 + members, k + 4
end
return 'OK'
