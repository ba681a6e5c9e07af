-- include: number
-- include: queue
-- include: warm

-- Merges one op into a pair: the greater op wins. Returns the pair's greatest op, whether Postgres has confirmed it,
-- then count, rev and membership when the post is warm; a cold post accepts nothing with `only_warm`. The first write is the pending
-- op, so an error before it changes nothing; the indexes (sessions, rank) come last and are allowed to fail:
-- they never decide anything.
local function apply(k, post, session, op, now, only_warm)
  local pair = post .. '|' .. session
  local pending, held = pending_of(k.q, pair)
  local newest = math.max(pending, tonumber(redis.call('ZSCORE', k.recent, pair) or 0))
  local values = redis.call('MGET', k.likes, k.meta)
  local epoch = epoch_of(k.q)
  local count, rev, base = warm(epoch, values[1], values[2], k.liked)
  local member = redis.pcall('SISMEMBER', k.liked, session) == 1
  if op <= newest or (only_warm and not count) then
    assert_primary(k.q)
    return newest, newest > pending, count, rev, member
  end

  local likes = op % 2 == 1
  local changes = count and member ~= likes
  if changes then rev = math.max(rev + 1, now) end
  pend(k.q, pair, int(op), count and int(rev) or '0', held)
  if changes then
    redis.call(likes and 'SADD' or 'SREM', k.liked, session)
    count = redis.call(likes and 'INCR' or 'DECR', k.likes)
    redis.call('SET', k.meta, int(rev) .. '|' .. int(base) .. '|' .. epoch)
    redis.pcall('ZADD', k.rank, count, post)
  end
  redis.pcall(likes and 'SADD' or 'SREM', k.sessions, post)
  return op, false, count, rev, count and likes
end

-- The reply of a write: the post's state, or COLD with the pair's greatest accepted op.
local function reply(op, durable, count, rev, member)
  if not count then return { 'COLD', int(op) } end
  return { 'WARM', int(count), int(rev), member and '1' or '0', int(op), durable and '1' or '0' }
end
