-- press: accept a press that carries no op; it gets one that beats every op of the pair. A call that arrives again finds
-- the op that it was given the first time.
--
-- KEYS
--   1 q         zset    likes:pending
--   2 meta      string  post:meta:<post>
--   3 session   hash    session:ops:<session>
--   4 rank      zset    likes:rank
--   5 likes     string  post:likes:<post>, a mirror
--   6 sessions  set     session:likes:<session>, a mirror
--   7 call      string  likes:call:<call>
--   8 liked     set     post:liked:<post>, a mirror; left out where it is not kept
-- ARGV
--   1 post      id
--   2 session   id
--   3 now       microseconds
--   4 wanted    '1': liked | '0': not liked | 'flip': the opposite of the pair's state
--   5 accept    'warm' | 'any', as write; a pair that is not known is not flipped
--   6 ahead     how far an accepted op may have been ahead of a clock, microseconds
--   7 keep      how long the call finds its op again, milliseconds
-- RETURNS
--   as write
-- include: pair

local k = { q = KEYS[1], meta = KEYS[2], session = KEYS[3], rank = KEYS[4], likes = KEYS[5], sessions = KEYS[6], liked = KEYS[8] }
local post, session, now, wanted, ahead = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[6])

local s = look(k, post, session)
local given = tonumber(redis.call('GET', KEYS[7]))
if given then
  assert_primary(k.q)
else
  local is_unknown = not (s.held or s.known)
  if is_cold(s) and ARGV[5] == 'warm' then return ask_for(k, s) end
  if is_unknown and wanted == 'flip' then
    assert_writable(k.q)
    return { 'ASK' }
  end
  local t = math.max(now, math.floor(s.newest / 2) + 1)
  -- What Postgres knows of the pair is no later than its post, but for what a clock may be ahead.
  local rev = s.post and s.post.rev or 0
  if is_unknown and now + ahead < rev then t = rev + ahead + 1 end
  local likes = wanted == '1'
  if wanted == 'flip' then likes = s.newest % 2 == 0 end
  given = 2 * t + (likes and 1 or 0)
end
if given > s.newest then take(k, s, post, session, given, now) end
redis.call('SET', KEYS[7], int(given), 'PX', ARGV[7])
return reply(s)
