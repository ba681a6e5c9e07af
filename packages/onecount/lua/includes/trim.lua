-- include: number
-- include: queue

local TRIMMED_AT_ONCE = 2000
local LOOKED_AT_AT_ONCE = 500

-- Forgets recent ops from before the horizon, except late ones. Those were that old when they were drained, as they had
-- waited or were sent again; they are remembered from then on for as long as others are. While there are late ones,
-- `!trimmed|op` says how far the ops were looked at, so that no call looks at them again.
local function trim(q, recent, late, horizon)
  if redis.call('EXISTS', late) == 0 then
    set_mark(q, 'trimmed', nil)
    local old = math.min(TRIMMED_AT_ONCE, redis.call('ZCOUNT', recent, '-inf', '(' .. int(horizon)))
    if old > 0 then redis.call('ZREMRANGEBYRANK', recent, 0, old - 1) end
    return
  end

  local from = mark_of(q, 'trimmed') or '-inf'
  local old = redis.call('ZRANGEBYSCORE', recent, from, '(' .. int(horizon), 'WITHSCORES', 'LIMIT', 0, LOOKED_AT_AT_ONCE)
  for i = 1, #old, 2 do
    if not redis.call('ZSCORE', late, old[i]) then redis.call('ZREM', recent, old[i]) end
  end
  if #old > 0 then set_mark(q, 'trimmed', int(tonumber(old[#old]))) end

  for _, pair in ipairs(redis.call('ZRANGEBYSCORE', late, '-inf', '(' .. int(horizon), 'LIMIT', 0, LOOKED_AT_AT_ONCE)) do
    redis.call('ZREM', late, pair)
    local op = redis.call('ZSCORE', recent, pair)
    if op and tonumber(op) < horizon then redis.call('ZREM', recent, pair) end
  end
end
