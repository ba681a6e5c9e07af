-- include: cool
-- include: trim

-- What recent calls a pair whose newest op Postgres has refused: it is not durable, and not compared with other ops.
local REFUSED = '|refused'

-- Drops an op that Postgres has refused, unless the pair has a newer one by now. The post shows what Postgres holds
-- again: it is cold, and hydrated without the op. Recent remembers it apart, as Postgres may come back older, without
-- what it has set aside; and forgets that Postgres had it, where it did once and has gone back since.
local function refuse(q, recent, meta, sessions, post, member)
  if redis.call('ZREM', q, member) == 0 then return end
  cool(meta)
  local pair, text = string.match(member, '^(.*)|(%d+)|%d+$')
  local op = tonumber(text)
  if tonumber(redis.call('ZSCORE', recent, pair) or 0) == op then
    note_forgotten(q, op)
    redis.call('ZREM', recent, pair)
  end
  redis.call('ZADD', recent, 'GT', text, pair .. REFUSED)
  if op % 2 == 1 then redis.pcall('SREM', sessions, post) end
end
