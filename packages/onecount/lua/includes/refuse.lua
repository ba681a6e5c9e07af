-- include: cool
-- include: trim

-- Drops an op that Postgres has refused, unless the pair has a newer one by now. The post shows what Postgres holds
-- again: it is cold, and hydrated without the op. Where Postgres had the op once and has gone back since, recent forgets
-- that, or the op would be no news when it lands after all. Returns the pair and the op, nil when it was not pending.
local function refuse(q, recent, meta, sessions, post, member)
  if redis.call('ZREM', q, member) == 0 then return nil end
  cool(meta)
  local pair, text = string.match(member, '^(.*)|(%d+)|%d+$')
  local op = tonumber(text)
  if tonumber(redis.call('ZSCORE', recent, pair) or 0) == op then
    note_forgotten(q, op)
    redis.call('ZREM', recent, pair)
  end
  if op % 2 == 1 then redis.pcall('SREM', sessions, post) end
  return pair, text
end
