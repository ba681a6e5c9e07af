-- include: queue

-- The id of this Redis, which gets one where it has none. A process that starts after Redis was emptied may have named it
-- otherwise than before; until there is a cut, a process that is sure of the former id corrects that.
local function name_home(q, id, is_sure)
  local home = mark_of(q, 'home')
  if id == '' or home == id or (home and not (is_sure and not mark_of(q, 'nonce'))) then return home or '' end
  set_mark(q, 'home', id)
  return id
end
