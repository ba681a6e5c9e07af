-- include: number
-- include: post
-- include: queue
-- include: session

-- The state of a pair and its post in Redis.
local function look(k, post, session)
  local epoch = epoch_of(k.q)
  local pair = post .. '|' .. session
  local held = pending_of(k.q, pair)
  local known = op_of(k.session, epoch, post)
  return {
    epoch = epoch, pair = pair, held = held, known = known, post = read_post(k.meta, epoch),
    newest = math.max(held and held.op or 0, known or 0),
  }
end

-- Whether Postgres has to be read before a press of the pair can be counted.
local function is_cold(s)
  return not (s.post and s.post.is_warm) or not (s.held or s.known)
end

-- The reply that asks for hydration before a press can be counted. Redis refuses it where it would refuse the press: on a
-- replica, and while it is full.
local function ask_for(k, s)
  assert_writable(k.q)
  return { 'HYDRATE', s.post and s.post.is_warm and 'pair' or 'post' }
end

-- Accepts an op that is newer than every known op of the pair. The first write is the pending op, so an error before it
-- changes nothing; writes after the post's numbers may fail.
local function take(k, s, post, session, op, now)
  local likes = op % 2
  local before, of
  if s.held then
    before, of = s.held.op % 2 - s.held.d, s.held.epoch
  elseif s.known then
    before, of = s.known % 2, s.epoch
  else
    before, of = 1 - likes, ''
  end
  local d = likes - before
  local p = s.post and s.post.is_warm and s.post
  -- Also where the count stays, so that no op is later than the revision of its post by more than a clock may be ahead.
  if p then p.rev = math.max(p.rev + 1, now) end
  pend(k.q, s.pair, int(op), p and int(p.rev) or '0', d, of, s.held)
  if p then
    local moved = d - (s.held and s.held.d or 0)
    p.count, p.D = p.count + moved, p.D + moved
    if of == '' and not s.held then p.G = p.G + 1 end
    set_post(k.meta, p, s.epoch)
    redis.pcall('SET', k.likes, int(p.count))
    if moved ~= 0 then redis.pcall('ZADD', k.rank, p.count, post) end
  end
  -- The session stays until the op is settled: a session that is installed anew would not have its pending ops.
  redis.pcall('HSET', k.session, post, int(op) .. 'p')
  redis.pcall('PERSIST', k.session)
  redis.pcall(likes == 1 and 'SADD' or 'SREM', k.sessions, post)
  if k.liked then redis.pcall(likes == 1 and 'SADD' or 'SREM', k.liked, session) end
  s.held, s.newest = { op = op }, op
end

-- The reply of a press: the post's state, or COLD with the pair's greatest accepted op.
local function reply(s)
  local p = s.post
  if not (p and p.is_warm) then return { 'COLD', int(s.newest) } end
  return {
    'WARM', int(p.count), int(p.rev), tostring(s.newest % 2), int(s.newest),
    s.held and s.held.op == s.newest and '0' or '1', p.G == 0 and '1' or '0',
  }
end
