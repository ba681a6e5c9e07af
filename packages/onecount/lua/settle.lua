-- settle: what Postgres has confirmed is pending no more, and neither is what it has refused and set aside.
--
-- KEYS
--   1 q         zset    likes:q
--   2 recent    zset    likes:recent
--   3 rank      zset    likes:rank
--   4 late      zset    likes:late
--   5.. per post: likes, liked, meta, hydrating, then sessions of each of its refused members
-- ARGV
--   1 nonce     of the batch
--   2 now       as an op: the latest of the clocks that are known
--   3 began     when the batch was collected, as an op: the earliest of them
--   4 recent    how long an op is remembered, in the units of ops
--   5.. per post: post, gone ('1': Postgres has no such post), how many members, how many of them are refused, the
--   members as collect gave them, the refused ones last
-- RETURNS
--   'OK' | 'LATE': the nonce is not outstanding, nothing changed
-- include: forget
-- include: number
-- include: queue
-- include: ranking
-- include: refuse
-- include: trim

local q, recent, rank, late, nonce, now = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1], tonumber(ARGV[2])
local lasts = tonumber(ARGV[4])
allow_when_full(q)
if not is_outstanding(q, nonce) then return 'LATE' end
confirm(q, nonce)

local late_before = math.max(now - lasts, trimmed_of(q) or 0)

-- Postgres may come back older: what it has lost then it is given again, also what it had set aside.
local function remember(name, op)
  redis.call('ZADD', recent, 'GT', op, name)
  if tonumber(op) < late_before then redis.call('ZADD', late, int(now), name) end
end

local i, k = 5, 5
while i <= #ARGV do
  local post, gone, members, refused = ARGV[i], ARGV[i + 1] == '1', tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
  -- A hydrator's snapshot may be older than this batch: until it has installed, its post's ops stay pending.
  if redis.call('EXISTS', KEYS[k + 3]) == 0 then
    for j = i + 4, i + 3 + members - refused do
      if redis.call('ZREM', q, ARGV[j]) == 1 and not gone then
        remember(string.match(ARGV[j], '^(.*)|(%d+)|%d+$'))
      end
    end
    if gone then
      forget({ likes = KEYS[k], liked = KEYS[k + 1], meta = KEYS[k + 2] }, KEYS[k + 3])
      unrank(rank, post)
    end
  end
  -- What a hydrator lays over its snapshot is read when it installs, so a refused op does not wait for one.
  for j = 1, refused do
    local pair, op = refuse(q, recent, KEYS[k + 2], KEYS[k + 3 + j], post, ARGV[i + 3 + members - refused + j])
    -- Apart from the pair's own: it is not durable, and other ops are not compared with it.
    if pair then remember(pair .. '|refused', op) end
  end
  i, k = i + 4 + members, k + 4 + refused
end

-- Only here, where Postgres has shown that it had lost nothing when the batch began: what it loses later it is given again
-- from recent.
trim(q, recent, late, tonumber(ARGV[3]) - lasts)
return 'OK'
