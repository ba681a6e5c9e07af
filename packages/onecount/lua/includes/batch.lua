-- include: queue

-- The batch in flight, the same for every caller until it is settled; a new one where there is none. Every execution that
-- makes one gives it a nonce of its own. Returns its nonce, then after, last and the members, or nothing with `some` when
-- no op is pending. The nonce has a mark of its own, as each slice of a large batch reads it.
local function hand_out(q, id, limit, after, some)
  local nonce = mark_of(q, 'out')
  if nonce then
    local out = { nonce }
    for part in string.gmatch(mark_of(q, 'outs') .. '\n', '([^\n]*)\n') do out[#out + 1] = part end
    return out
  end
  local members = redis.call('ZRANGEBYLEX', q, after == '' and PENDING_FROM or '(' .. after, '+', 'LIMIT', 0, limit)
  if #members == 0 and after ~= '' then
    after = ''
    members = redis.call('ZRANGEBYLEX', q, PENDING_FROM, '+', 'LIMIT', 0, limit)
  end
  if some and #members == 0 then return {} end
  local last = #members >= tonumber(limit) and members[#members] or ''
  nonce = id .. '.' .. table.concat(redis.call('TIME'), '.')
  local batch = after .. '\n' .. last
  if #members > 0 then batch = batch .. '\n' .. table.concat(members, '\n') end
  redis.call('ZADD', q, 0, '!outs|' .. batch, 0, '!out|' .. nonce)
  return { nonce, after, last, unpack(members) }
end

local function nonce_in_flight(q)
  return mark_of(q, 'out')
end

-- Nothing is in flight any more.
local function drop_batch(q)
  set_mark(q, 'out', nil)
  set_mark(q, 'outs', nil)
end
