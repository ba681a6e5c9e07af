-- settle: what Postgres has confirmed is pending no more.
--
-- KEYS
--   1 q         zset    likes:q
--   2 recent    zset    likes:recent
--   3 rank      zset    likes:rank
--   4.. per post: likes, liked, meta, hydrating
-- ARGV
--   1 nonce     of the batch
--   2 now       as an op
--   3 began     when the batch was collected, as an op
--   4 recent    how long an op is remembered, in the units of ops
--   5.. per post: post, gone ('1': Postgres has no such post), how many members, the members as collect gave them
-- RETURNS
--   'OK' | 'LATE': the nonce is not outstanding, nothing changed
-- include: forget
-- include: number
-- include: queue

local q, recent, rank, nonce, now = KEYS[1], KEYS[2], KEYS[3], ARGV[1], tonumber(ARGV[2])
local lasts = tonumber(ARGV[4])
local horizon = tonumber(ARGV[3]) - lasts
local FORGOTTEN_AT_ONCE = 5000
if not is_outstanding(q, nonce) then return 'LATE' end
confirm(q, nonce)

local oldest
local i, k = 5, 4
while i <= #ARGV do
  local post, gone, members = ARGV[i], ARGV[i + 1] == '1', tonumber(ARGV[i + 2])
  -- A hydrator's snapshot may be older than this batch: until it has installed, its post's ops stay pending.
  if redis.call('EXISTS', KEYS[k + 3]) == 0 then
    for j = i + 3, i + 2 + members do
      if redis.call('ZREM', q, ARGV[j]) == 1 and not gone then
        local pair, op = string.match(ARGV[j], '^(.*)|(%d+)|%d+$')
        redis.call('ZADD', recent, 'GT', op, pair)
        oldest = math.min(oldest or now, tonumber(op))
      end
    end
    if gone then forget({ likes = KEYS[k], liked = KEYS[k + 1], meta = KEYS[k + 2], rank = rank }, KEYS[k + 3], post) end
  end
  i, k = i + 3 + members, k + 4
end

-- Only here, where Postgres has shown that it had lost nothing when the batch began: what it loses later it is given again
-- from recent.
-- Ops that had waited for longer than recent lasts stay for as long as it lasts from now on.
local mark = redis.call('ZRANGEBYLEX', q, '[!keep|', '(!keep}', 'LIMIT', 0, 1)[1]
if oldest and oldest < now - lasts then
  redis.call('ZADD', q, 0, '!keep|' .. int(now))
  if mark and mark ~= '!keep|' .. int(now) then redis.call('ZREM', q, mark) end
elseif not mark or tonumber(string.sub(mark, 7)) < horizon then
  if mark then redis.call('ZREM', q, mark) end
  local forgotten = math.min(FORGOTTEN_AT_ONCE, redis.call('ZCOUNT', recent, '-inf', '(' .. int(horizon)))
  if forgotten > 0 then redis.call('ZREMRANGEBYRANK', recent, 0, forgotten - 1) end
end
return 'OK'
