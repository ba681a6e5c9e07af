-- fill: put a page of posts into the ranking that this filler builds, or into one that is complete. A warm post ranks by
-- its own count; a cold one by that of Postgres, unless it is ranked already: its change is newer than the page.
--
-- KEYS
--   1 q        zset    likes:pending
--   2 rank     zset    likes:rank
--   3 filling  string  likes:rank:filling
--   4.. per post: meta
-- ARGV
--   1 epoch    that prepare returned
--   2 token    that prepare was given; '': into a ranking that is complete
--   3 page     0 for the first one
--   4 last     '1' for the last page: the ranking is complete from now on
--   5 ttl      how long the filler has for the next page, milliseconds
--   6.. post, count in Postgres
-- RETURNS
--   'OK' | 'LOST': the ranking is not this filler's any more, or has lost a page; nothing changed
-- include: post
-- include: queue
-- include: ranking

local q, rank, filling = KEYS[1], KEYS[2], KEYS[3]
local epoch, token, page = ARGV[1], ARGV[2], tonumber(ARGV[3])
-- A page that is let in while Redis is full would lack the posts that it has no room for.
assert_writable(q)
local mark = '!fill|' .. epoch .. '|' .. token .. '|'
if epoch_of(q) ~= epoch then return 'LOST' end
if token == '' then
  if not is_complete(rank, epoch) then return 'LOST' end
elseif not redis.call('ZSCORE', rank, mark .. page) then
  return 'LOST'
end

for i = 6, #ARGV, 2 do
  local post = ARGV[i]
  local p = read_post(KEYS[4 + (i - 6) / 2], epoch)
  if p and p.is_warm then
    redis.call('ZADD', rank, p.count, post)
  else
    rank_by_postgres(rank, post, ARGV[i + 1], true)
  end
end
if token == '' then return 'OK' end

redis.call('ZREM', rank, mark .. page)
if ARGV[4] == '1' then
  redis.call('ZADD', rank, -1, '!epoch|' .. epoch)
else
  redis.call('ZADD', rank, -1, mark .. (page + 1))
end
if redis.call('GET', filling) == token then
  if ARGV[4] == '1' then
    redis.call('DEL', filling)
  else
    redis.call('PEXPIRE', filling, ARGV[5])
  end
end
return 'OK'
