-- include: number
-- include: queue

-- The batch in flight, the same for whoever asks until it is settled; a new one where there is none. Every execution that
-- makes one gives it a nonce of its own. Returns its nonce, then after, last and the members, or nothing with `some` when
-- there is nothing to hand out.
local function hand_out(q, id, limit, after, some)
  local batch = mark_of(q, 'out')
  local out = { batch }
  if batch then
    for part in string.gmatch(mark_of(q, 'ops') .. '\n', '([^\n]*)\n') do out[#out + 1] = part end
    return out
  end
  local members = redis.call('ZRANGEBYLEX', q, after == '' and PENDING_FROM or '(' .. after, '+', 'LIMIT', 0, limit)
  if #members == 0 and after ~= '' then
    after = ''
    members = redis.call('ZRANGEBYLEX', q, PENDING_FROM, '+', 'LIMIT', 0, limit)
  end
  if some and #members == 0 then return out end
  local last = #members >= tonumber(limit) and members[#members] or ''
  out = { id .. '.' .. table.concat(redis.call('TIME'), '.'), after, last }
  for i = 1, #members do out[i + 3] = members[i] end
  redis.call('ZADD', q, 0, '!out|' .. out[1], 0, '!ops|' .. table.concat(out, '\n', 2))
  return out
end

local function nonce_in_flight(q)
  return mark_of(q, 'out') or ''
end

-- For how long a drainer has the batch in flight to itself, milliseconds. Only for speed: two drainers of one batch do
-- the same work twice, and where the first one has died another takes it.
local LEASE_MS = 1000

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function lease(q)
  set_mark(q, 'lease', int(now_ms() + LEASE_MS))
end

local function is_leased(q)
  local left = tonumber(mark_of(q, 'lease') or 0) - now_ms()
  return left > 0 and left <= LEASE_MS and nonce_in_flight(q) ~= ''
end

local function drop_batch(q)
  redis.call('ZREMRANGEBYLEX', q, '[!o', '(!p')
end
