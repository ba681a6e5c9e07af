-- write: accept one op of a pair and answer with the post's state.
--
-- KEYS
--   1 likes     string  post:likes:<post>
--   2 liked     set     post:liked:<post>
--   3 meta      string  post:meta:<post>
--   4 sessions  set     session:likes:<session>
--   5 q         zset    likes:q
--   6 recent    zset    likes:recent
--   7 rank      zset    likes:rank
-- ARGV
--   1 post      id
--   2 session   id
--   3 op        integer, odd: liked
--   4 now       microseconds
--   5 accept    'any': also when the post is cold; 'warm': a cold post accepts nothing
--   6 known     the pair's op in Postgres, '' when Postgres was not asked
--   7 ahead     how far after every known moment the op may lie, microseconds; '' for an op that was accepted before
-- RETURNS
--   {'WARM', count, rev, liked, op, durable ('1': Postgres has confirmed the op)} | {'COLD', op}; op is the greatest one
--   accepted of the pair, 0 for none | nothing changed: {'ASK'}: Postgres may know an op that decides, call again with
--   it | {'AHEAD', moment}: the op is too far after `moment` (microseconds)
-- include: apply

local k = { likes = KEYS[1], liked = KEYS[2], meta = KEYS[3], sessions = KEYS[4], q = KEYS[5], recent = KEYS[6], rank = KEYS[7] }
local post, session, op, now, only_warm = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == 'warm'

return reply(apply(k, post, session, op, now, only_warm, tonumber(ARGV[7]), tonumber(ARGV[6])))
