-- prepare: begin to build the ranking, unless it is complete. Drops the old members: from now on every change enters it.
--
-- KEYS
--   1 q        zset    likes:pending
--   2 rank     zset    likes:rank
--   3 filling  string  likes:rank:filling
-- ARGV
--   1 token    random, of this filler
--   2 ttl      how long the filler has for a page, milliseconds
-- RETURNS
--   {'MINE', epoch}: bring every post, in pages | {'COMPLETE', epoch} | {'BUSY', ''}: another filler is at it |
--   {'NEW', ''}: there is no epoch yet, or ops that a store had lost are not pending again yet: drain first
-- include: queue
-- include: ranking

local q, rank, filling, token = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local KEPT = 1000
local epoch = epoch_of(q)
if not epoch or mark_of(q, 'fed') then return { 'NEW', '' } end
if is_complete(rank, epoch) then return { 'COMPLETE', epoch } end
if not redis.call('SET', filling, token, 'NX', 'PX', ARGV[2]) then return { 'BUSY', '' } end
local gone = redis.pcall('ZRANGEBYSCORE', rank, '-inf', '(-1', 'WITHSCORES', 'LIMIT', 0, KEPT)
-- Not DEL: that would free a million members before anything else is answered.
redis.call('UNLINK', rank)
for i = 1, #gone, 2 do redis.call('ZADD', rank, gone[i + 1], gone[i]) end
redis.call('ZADD', rank, -1, '!fill|' .. epoch .. '|' .. token .. '|0')
return { 'MINE', epoch }
