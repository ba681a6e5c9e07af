-- likes:pending holds in one zset, read by lex, everything that must be lost together or not at all:
--   !epoch|<epoch>  !fed|<n>  !gone|<epoch>|<post>  !half|<pairs that are settled>|<receipt>  !home|<id>
--   !nonce|<receipt of the cut>
--   !out|<nonce>  !outs|<after>\n<last>\n<member>\n…, the batch in flight  !trimmed|<op>
--   !foreign|<member>, one for each that another program has added and that is no op
--   <post>|<session>|<op>|<rev>|<d>|<epoch in which d was known>
-- The marks sort before every pending op, the epoch first. d is what the op changes in the count that Postgres has at the
-- cut; where its epoch is not that of now, it is a guess.
local PENDING_FROM = '(!~'

local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end

-- Replaces a mark. The new one is written first: if Redis is out of memory nothing changes.
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end

local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end

-- The pending op of a pair, nil for none.
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end

-- The d of a pending op, and 1 if that is a guess, 0 if not.
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end

-- Replaces the pending op of a pair.
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end

-- A replica answers reads, from a past that may be long ago, and a primary that was demoted keeps its connections. Redis
-- refuses a write command there, also one that changes nothing.
local function assert_primary(q)
  redis.call('ZREM', q, '')
end

-- As assert_primary, for scripts that need memory: Redis refuses it while it is full, too. A script that has called
-- another write command before is not refused any more.
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end

-- Redis refuses a script that needs memory while it is full, but not after a first write that needs none: the drain, which
-- empties it, goes on.
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
