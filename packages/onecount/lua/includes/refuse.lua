-- include: cool

-- Drops an op that Postgres has refused, unless the pair has a newer one by now. The post shows what Postgres holds
-- again: it is cold, and hydrated without the op. False: it was not pending.
local function refuse(q, meta, sessions, post, member)
  if redis.call('ZREM', q, member) == 0 then return false end
  cool(meta)
  if tonumber(string.match(member, '|(%d+)|%d+$')) % 2 == 1 then redis.pcall('SREM', sessions, post) end
  return true
end
