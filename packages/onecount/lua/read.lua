-- read: the state of a page of posts, for one session. Refused by a replica.
--
-- KEYS
--   1 q         zset    likes:q
--   2 recent    zset    likes:recent
--   3.. n times likes (post:likes:<post>), n times meta (post:meta:<post>), n times liked (post:liked:<post>)
-- ARGV
--   1 session   id, or '' for nobody
--   2.. post    id, n times
-- RETURNS
--   five strings a post: count, rev, liked ('1', '0'), op (the newest pending or recent one, '0' for none), durable
--   ('1': Postgres has confirmed the op); a cold post has '' as its count
-- include: number
-- include: queue
-- include: warm

local q, recent, session, n = KEYS[1], KEYS[2], ARGV[1], #ARGV - 1
assert_primary(q)
local epoch, numbers, pairs_, out = epoch_of(q), {}, {}, {}
for i = 1, 2 * n do numbers[i] = KEYS[2 + i] end
for i = 1, n do pairs_[i] = ARGV[1 + i] .. '|' .. session end
local values = redis.call('MGET', unpack(numbers))
local ops = session ~= '' and redis.call('ZMSCORE', recent, unpack(pairs_)) or {}

for i = 1, n do
  local liked = KEYS[2 + 2 * n + i]
  local count, rev = warm(epoch, values[i], values[n + i], liked)
  local member = count and session ~= '' and redis.call('SISMEMBER', liked, session) == 1
  local o = 5 * (i - 1)
  out[o + 1] = count and int(count) or ''
  out[o + 2] = rev and int(rev) or '0'
  out[o + 3] = member and '1' or '0'
  local pending = session ~= '' and pending_of(q, pairs_[i]) or 0
  local settled = tonumber(ops[i] or 0)
  out[o + 4] = int(math.max(pending, settled))
  out[o + 5] = settled > pending and '1' or '0'
end
return out
