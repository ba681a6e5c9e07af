-- fill: put a page of posts into the ranking. A warm post ranks by its own count.
--
-- KEYS
--   1 q         zset    likes:q
--   2 rank      zset    likes:rank
--   3.. per post: likes, liked, meta
-- ARGV
--   1 epoch     that the filling began with; '' starts it: the ranking is emptied
--   2 fresh     random id, a part of the epoch if there is none
--   3 last      '1' after the last page: the ranking is complete from now on
--   4.. post, count in Postgres
-- RETURNS
--   the epoch to go on with | '': another one began meanwhile, or has not begun yet; start again
-- include: queue
-- include: warm

local q, rank, began = KEYS[1], KEYS[2], ARGV[1]
local epoch = epoch_of(q)
if fed_of(q) then return '' end
epoch = epoch or begin_epoch(q, ARGV[2])
if began == '' then
  redis.call('DEL', rank)
elseif began ~= epoch then
  return ''
end
for i = 4, #ARGV, 2 do
  local k = 3 + 3 * (i - 4) / 2
  local count = warm(epoch, redis.call('GET', KEYS[k]), redis.call('GET', KEYS[k + 2]), KEYS[k + 1])
  redis.call('ZADD', rank, count or ARGV[i + 1], ARGV[i])
end
if ARGV[3] == '1' then redis.call('ZADD', rank, -1, '!epoch|' .. epoch) end
return epoch
