-- include: number
-- include: queue

-- Makes up to `limit` more of the recent ops pending again; the mark says how far it has come. Until the last one no
-- batch is handed out and no post made warm. A refused op has `|refused` behind its pair. Returns whether there are more.
local function feed(q, recent, limit)
  local fed = tonumber(mark_of(q, 'fed'))
  if not fed then return false end
  local ops = redis.call('ZRANGE', recent, fed, fed + limit - 1, 'WITHSCORES')
  for i = 1, #ops, 2 do
    local pair = string.match(ops[i], '^[^|]+|[^|]+')
    local held = pending_of(q, pair)
    local op = tonumber(ops[i + 1])
    if op > (held and held.op or 0) then pend(q, pair, int(op), '0', 0, '', held) end
  end
  local more = #ops == 2 * limit
  set_mark(q, 'fed', more and int(fed + limit) or nil)
  return more
end
