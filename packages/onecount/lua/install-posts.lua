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
--   {'OK' | 'MANY', …}: a post with more pending ops stays cold until they are drained, one that is there again soon after
--   another one for some seconds |
--   {'AGAIN'}: the cut has moved, or an epoch has begun, as a post that was gone is there again: read Postgres again |
--   {'FEEDING'}: ops that a store had lost are not pending again yet |
--   {'NEW'}: there is no cut yet, a batch has to be drained
-- include: gone
-- include: pending
-- include: post
-- include: ranking

-- A post that is there again ends an epoch once in so many seconds: one who may delete and insert rows all day makes no page
-- cold but that of the post.
local RETURN_SECONDS = 3

local q, now, most = KEYS[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local epoch = epoch_of(q)

-- Those that Postgres had told to be gone. They are ranked again, as Postgres has them.
local function returned_posts()
  local returned = {}
  for i = 5, #ARGV, 3 do
    if was_gone(q, epoch, ARGV[i]) then
      returned[ARGV[i]] = true
      rank_again(KEYS[2], ARGV[i])
    end
  end
  return returned
end

local function may_begin_epoch()
  local seconds, last = tonumber(redis.call('TIME')[1]), tonumber(mark_of(q, 'returned') or 0)
  if last <= seconds and seconds < last + RETURN_SECONDS then return false end
  set_mark(q, 'returned', int(seconds))
  return true
end

assert_writable(q)
if not epoch then return { 'NEW' } end
if mark_of(q, 'fed') then return { 'FEEDING' } end
if mark_of(q, 'nonce') ~= ARGV[1] then return { 'AGAIN' } end
-- Some of the ops that were pending at the cut have been settled after it.
if mark_of(q, 'half') then return { 'AGAIN' } end
local returned = returned_posts()
if next(returned) and may_begin_epoch() then
  begin_epoch(q, next(returned) .. table.concat(redis.call('TIME'), '.'))
  return { 'AGAIN' }
end

local out = {}
for i = 5, #ARGV, 3 do
  local post, meta, likes = ARGV[i], KEYS[3 + 2 * (i - 5) / 3], KEYS[4 + 2 * (i - 5) / 3]
  local before = read_post(meta, epoch)
  out[#out + 1] = returned[post] and 'MANY' or 'OK'
  if not returned[post] and not (before and before.is_warm) then
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
