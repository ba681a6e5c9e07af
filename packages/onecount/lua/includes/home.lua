-- include: queue

-- The id of this Redis, which gets one where it has none. A process that starts after Redis was emptied may have given it
-- a new id; until there is a cut, a process that has drained it under the former id restores that.
local function name_home(q, id, is_sure)
  local home = mark_of(q, 'home')
  if id == '' or home == id or (home and not (is_sure and not mark_of(q, 'nonce'))) then return home or '' end
  set_mark(q, 'home', id)
  return id
end
