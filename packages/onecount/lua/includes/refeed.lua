-- include: number
-- include: queue

-- Makes up to `limit` more recent ops pending again; the mark says how far it has come. Nothing is handed out before the
-- last one, so that nothing settles and their order stays. What was refused has `|refused` behind its pair. Returns whether
-- there are more.
local function refeed(q, recent, limit)
  local fed = fed_of(q)
  if not fed then return false end
  local ops = redis.call('ZRANGE', recent, fed, fed + limit - 1, 'WITHSCORES')
  for i = 1, #ops, 2 do
    local pair = string.match(ops[i], '^[^|]+|[^|]+')
    local pending, held = pending_of(q, pair)
    local op = tonumber(ops[i + 1])
    if op > pending then pend(q, pair, int(op), '0', held) end
  end
  local more = #ops == 2 * limit
  if more then redis.call('ZADD', q, 0, '!fed|' .. int(fed + limit)) end
  redis.call('ZREM', q, '!fed|' .. int(fed))
  return more
end
