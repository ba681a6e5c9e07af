-- include: queue

-- The id of this Redis, which gets one where it has none. A process that starts after Redis was emptied may have named it
-- otherwise than before; until a batch is confirmed, a process that is sure of the former id corrects that.
local function name_home(q, id, is_sure)
  local home = home_of(q)
  if id == '' or home == id or (home and not (is_sure and confirmed_of(q) == '')) then return home or '' end
  redis.call('ZADD', q, 0, '!home|' .. id)
  if home then redis.call('ZREM', q, '!home|' .. home) end
  return id
end
