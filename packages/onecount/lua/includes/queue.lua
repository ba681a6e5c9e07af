-- likes:q holds everything whose loss must be noticed together, as one zset read by lex:
--   !epoch|<epoch>  !fed|<n>  !forgot|<op>  !home|<id>  !nonce|<confirmed>  !out|<seq>|<nonce>  !trimmed|<op>
--   <post>|<session>|<op>|<rev>
-- The marks sort before every pending op, the epoch first.
local PENDING_FROM = '(!~'

local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end

-- Every execution makes an epoch of its own: a call that arrives a second time must not make what was built in an epoch
-- that has ended warm again.
local function begin_epoch(q, id)
  local epoch = id .. '.' .. table.concat(redis.call('TIME'), '.')
  redis.call('ZADD', q, 0, '!epoch|' .. epoch)
  return epoch
end

local function confirmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!nonce|', '(!nonce}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 8) or ''
end

-- The id of this Redis; nil: no process has named it yet.
local function home_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!home|', '(!home}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 7)
end

-- How many of the recent ops are pending again since the stores diverged; nil: all of them.
local function fed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!fed|', '(!fed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 6))
end

-- Ops before this one were settled and left out of recent since; 0: none.
local function trimmed_before(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!forgot|', '(!forgot}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 9)) or 0
end

-- Ops before this one may be forgotten: left out of recent, or lost with what was here before this epoch began. A cold
-- post has no epoch: it may be the first that Redis hears of, while Postgres cannot be asked.
local function forgotten_before(q, epoch)
  local seconds, micros = string.match(epoch or '', '%.(%d+)%.(%d+)$')
  return math.max(trimmed_before(q), seconds and 2 * (tonumber(seconds) * 1000000 + tonumber(micros)) or 0)
end

-- Up to which op recent has been looked at for what can be forgotten; nil: there is nothing to leave out.
local function trimmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!trimmed|', '(!trimmed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 10))
end

-- A replica answers reads, from a past that may be long ago, and a primary that was demoted keeps its connections. Redis
-- refuses a write command there, also one that changes nothing; so does a primary that takes no writes at present. A
-- script that may end without a write calls this first: what it says then comes from a Redis that would have taken a press.
local function assert_primary(q)
  redis.call('ZREM', q, '')
end

-- Redis refuses a script that needs memory while it is full, but not after a first write that needs none: the drain, which
-- empties it, goes on.
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end

local function is_outstanding(q, nonce)
  local outstanding = redis.call('ZRANGEBYLEX', q, '[!out|', '(!out}')
  for i = #outstanding, 1, -1 do
    if string.match(outstanding[i], '^!out|%d+|(.*)$') == nonce then return true end
  end
  return false
end

-- When this Redis handed out a nonce, microseconds of its own clock; 0: it did not.
local function handed_out_at(nonce)
  local seconds, micros = string.match(nonce, '%.(%d+)%.(%d+)$')
  return seconds and tonumber(seconds) * 1000000 + tonumber(micros) or 0
end

-- Whether Postgres has taken a batch that Redis has forgotten: Redis has come back older. What was read of such a Postgres
-- must not be counted, as that one may go back, too.
local function is_ahead_of(q, receipt)
  local confirmed = confirmed_of(q)
  return confirmed ~= '' and receipt ~= confirmed and handed_out_at(receipt) > handed_out_at(confirmed)
    and not is_outstanding(q, receipt)
end

-- Moves the confirmed nonce forward. The new mark is written first: if Redis is out of memory nothing changes.
local function confirm(q, nonce)
  local previous = confirmed_of(q)
  redis.call('ZADD', q, 0, '!nonce|' .. nonce)
  if previous ~= '' and previous ~= nonce then redis.call('ZREM', q, '!nonce|' .. previous) end
  redis.call('ZREMRANGEBYLEX', q, '[!out|', '(!out}')
end

-- The pending op of a pair as (op, member), or (0, nil).
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return 0, nil end
  return tonumber(string.match(member, '|(%d+)|%d+$')), member
end

-- Replaces the pending op of a pair. The new one is written first, for the same reason as in confirm.
local function pend(q, pair, op, rev, held)
  redis.call('ZADD', q, 0, pair .. '|' .. op .. '|' .. rev)
  if held then redis.call('ZREM', q, held) end
end
