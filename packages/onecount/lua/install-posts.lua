-- install-posts: make posts warm from a snapshot that Postgres gave at the cut of Redis.
--
-- KEYS
--   1 q         zset    likes:pending
--   2 rank      zset    likes:rank
--   3.. per post: meta, likes (a mirror)
-- ARGV
--   1 receipt   of Postgres, when it was read
--   2 now       microseconds
--   3 most      pending ops of a post that are added up
--   4 ttl       how long they stay warm, milliseconds
--   5.. per post: post, likes, rev
-- RETURNS
--   {'OK' | 'MANY', …}: a post with more pending ops stays cold until they are drained |
--   {'AGAIN'}: the cut has moved, or an epoch has begun, as a post that was gone is there again: read Postgres again |
--   {'FEEDING'}: ops that a store had lost are not pending again yet |
--   {'NEW'}: there is no cut yet, a batch has to be drained
-- include: gone
-- include: pending
-- include: post

local q, now, most = KEYS[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local epoch = epoch_of(q)
assert_writable(q)
if not epoch then return { 'NEW' } end
if mark_of(q, 'fed') then return { 'FEEDING' } end
if mark_of(q, 'nonce') ~= ARGV[1] then return { 'AGAIN' } end
-- Some of the ops that were pending at the cut have been settled after it.
if mark_of(q, 'half') then return { 'AGAIN' } end
for i = 5, #ARGV, 3 do
  if was_gone(q, epoch, ARGV[i]) then
    begin_epoch(q, ARGV[i] .. table.concat(redis.call('TIME'), '.'))
    return { 'AGAIN' }
  end
end

local out = {}
for i = 5, #ARGV, 3 do
  local post, meta, likes = ARGV[i], KEYS[3 + 2 * (i - 5) / 3], KEYS[4 + 2 * (i - 5) / 3]
  local before = read_post(meta, epoch)
  out[#out + 1] = 'OK'
  if not (before and before.is_warm) then
    local D, G = pending_sums(q, post, epoch, most)
    if not D then
      out[#out] = 'MANY'
    else
      local p = { count = ARGV[i + 1] + D, D = D, G = G, rev = math.max(ARGV[i + 2] + 1, before and before.rev + 1 or 0, now) }
      set_post(meta, p, epoch, ARGV[4])
      redis.pcall('SET', likes, int(p.count))
      redis.pcall('ZADD', KEYS[2], p.count, post)
    end
  end
end
return out
