-- include: number
-- include: queue
-- include: warm

-- Merges one op into a pair: the greater op wins. Returns the pair's greatest op, whether Postgres has confirmed it,
-- then count, rev and membership when the post is warm; a cold post accepts nothing with `only_warm`. With `ahead` the
-- op is a caller's, and judged: returns nil and a verdict when it is refused. `known` is the pair's op in Postgres, nil
-- when Postgres was not asked. The first write is the pending op, so an error before it changes nothing; the indexes
-- (sessions, rank) come last and are allowed to fail: they never decide anything.
local function apply(k, post, session, op, now, only_warm, ahead, known)
  local pair = post .. '|' .. session
  local pending, held = pending_of(k.q, pair)
  local newest = math.max(pending, tonumber(redis.call('ZSCORE', k.recent, pair) or 0))
  local values = redis.call('MGET', k.likes, k.meta)
  local epoch = epoch_of(k.q)
  local count, rev, base = warm(epoch, values[1], values[2], k.liked)
  local member = redis.pcall('SISMEMBER', k.liked, session) == 1
  if known and known > op then op = known end
  if op <= newest or (only_warm and not count) then
    assert_primary(k.q)
    return newest, newest > pending, count, rev, member
  end

  if ahead then
    local moment = math.max(now, math.floor(math.max(newest, known or 0) / 2), revision_of(values[2]))
    local is_ahead = math.floor(op / 2) > moment + ahead
    -- A newer op of the pair may be forgotten here, or its post's revision unknown.
    local may_ask = not known and (newest == 0 or not count)
    if is_ahead or may_ask then assert_primary(k.q) end
    if may_ask and (is_ahead or op < forgotten_before(k.q, count and epoch)) then return nil, 'ASK' end
    if is_ahead then return nil, 'AHEAD', moment end
  end

  local likes = op % 2 == 1
  if count then rev = math.max(rev + 1, now) end
  pend(k.q, pair, int(op), count and int(rev) or '0', held)
  if count then
    if member ~= likes then
      redis.call(likes and 'SADD' or 'SREM', k.liked, session)
      count = redis.call(likes and 'INCR' or 'DECR', k.likes)
    end
    -- Also where the count stays: no op is later than the revision of its post, but for what a clock may be ahead.
    redis.call('SET', k.meta, int(rev) .. '|' .. int(base) .. '|' .. epoch)
    if member ~= likes then redis.pcall('ZADD', k.rank, count, post) end
  end
  redis.pcall(likes and 'SADD' or 'SREM', k.sessions, post)
  return op, false, count, rev, count and likes
end

-- The reply of a write: the post's state, COLD with the pair's greatest accepted op, or why nothing was accepted.
local function reply(op, durable, count, rev, member)
  if not op then return { durable, count and int(count) } end
  if not count then return { 'COLD', int(op) } end
  return { 'WARM', int(count), int(rev), member and '1' or '0', int(op), durable and '1' or '0' }
end
