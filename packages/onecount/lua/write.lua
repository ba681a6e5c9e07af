-- write: accept one op of a pair and answer with the post's state.
--
-- KEYS
--   1 q         zset    likes:pending
--   2 meta      string  post:meta:<post>
--   3 session   hash    session:ops:<session>
--   4 rank      zset    likes:rank
--   5 likes     string  post:likes:<post>, a mirror
--   6 sessions  set     session:likes:<session>, a mirror
--   7 liked     set     post:liked:<post>, a mirror; left out where it is not kept
-- ARGV
--   1 post      id
--   2 session   id
--   3 op        integer, odd: liked
--   4 now       microseconds
--   5 accept    'warm': only where the post and the pair are known; 'any'
--   6 ahead     how far after every known moment the op may lie, microseconds; '' for an op that was accepted before
-- RETURNS
--   {'WARM', count, rev, liked, op, durable, exact} | {'COLD', op}; op is the greatest one accepted of the pair |
--   nothing changed: {'HYDRATE', 'post' | 'pair'}: read Postgres for both, or for the pair of a warm post, and call again |
--   {'AHEAD', moment}: the op is too far after `moment` | {'ASK'}: it is, as far as is known here, and Postgres may know
--   more
-- include: pair

local k = { q = KEYS[1], meta = KEYS[2], session = KEYS[3], rank = KEYS[4], likes = KEYS[5], sessions = KEYS[6], liked = KEYS[7] }
local post, session, op, now, ahead = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[6])

local s = look(k, post, session)
if op <= s.newest then
  assert_primary(k.q)
else
  if ARGV[5] == 'warm' and is_cold(s) then return ask_for(k, s) end
  if ahead then
    local moment = math.max(now, math.floor(s.newest / 2), s.post and s.post.rev or 0)
    if math.floor(op / 2) > moment + ahead then
      assert_writable(k.q)
      if is_cold(s) then return { 'ASK' } end
      return { 'AHEAD', int(moment) }
    end
  end
  take(k, s, post, session, op, now)
end
return reply(s)
