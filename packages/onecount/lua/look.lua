-- look: read whether an op is pending, and give the caller its next turn to look. There is one turn every so many
-- milliseconds for all processes, so that a dozen idle ones look as often as one.
--
-- KEYS
--   1 q         zset    likes:pending
--   2 turns     string  likes:turns:<idle>, when the last turn is that was given away, milliseconds of Redis' clock
--   3.. q       zset    likes:pending of other kinds, in the same partition, that the caller looks at in the same turn
-- ARGV
--   1 idle      milliseconds between two turns
-- RETURNS
--   {milliseconds until the caller's next turn, then for q and each of the others:
--   '1' | '0': something is pending, receipt of the cut, id of this Redis or ''}
-- include: number
-- include: queue

local q, turns, idle = KEYS[1], KEYS[2], tonumber(ARGV[1])
assert_primary(q)
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local last = redis.pcall('GET', turns)
-- A clock that was set back, or a key that was written by another program, must not put everybody off.
local MOST = 60
local turn = math.max(now, type(last) == 'string' and tonumber(last) or 0) + idle
if turn > now + MOST * idle then turn = now + idle end
redis.pcall('SET', turns, int(turn), 'PX', int(turn - now + idle))
local seen = { int(turn - now) }
local function see(q)
  local pending = mark_of(q, 'fed') or #redis.call('ZRANGEBYLEX', q, PENDING_FROM, '+', 'LIMIT', 0, 1) > 0
  seen[#seen + 1] = pending and '1' or '0'
  seen[#seen + 1] = mark_of(q, 'nonce') or ''
  seen[#seen + 1] = mark_of(q, 'home') or ''
end
see(q)
for i = 3, #KEYS do
  see(KEYS[i])
end
return seen
