-- What Redis knows of a session's ops: a hash of post -> op, `<op>p` while it is pending. Its field `!` is
-- `<epoch>|all` where a post that is not in it has no op, `<epoch>|some` where it is not known.

-- The op of the session on a post: nil when it is not known, 0 for none.
local function op_of(key, epoch, post)
  local values = redis.pcall('HMGET', key, '!', post)
  if values.err or not epoch or not values[1] then return nil end
  local of, extent = string.match(values[1], '^(.*)|(%a+)$')
  if of ~= epoch then return nil end
  local op = tonumber(string.match(values[2] or '', '^%d+'))
  return op or (extent == 'all' and 0 or nil)
end

-- Ignores a key of another type: only the heart of the session depends on it.
local function set_op(key, post, op)
  redis.pcall('HSET', key, post, op)
end

-- For a post that is gone. A pending op left in the session would beat every op that the post has when it comes back, by
-- a changed id or from a copy.
local function drop_pending_op(key, post)
  local held = redis.pcall('HGET', key, post)
  if type(held) == 'string' and string.sub(held, -1) == 'p' then redis.call('HDEL', key, post) end
end
