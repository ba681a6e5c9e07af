-- press: accept a press that carries no op; it gets one that beats every op of the pair. A call that arrives again
-- finds the op that it was given the first time.
--
-- KEYS
--   1 likes     string  post:likes:<post>
--   2 liked     set     post:liked:<post>
--   3 meta      string  post:meta:<post>
--   4 sessions  set     session:likes:<session>
--   5 q         zset    likes:q
--   6 recent    zset    likes:recent
--   7 rank      zset    likes:rank
--   8 call      string  likes:call:<call>
-- ARGV
--   1 post      id
--   2 session   id
--   3 now       microseconds
--   4 wanted    '1': liked | '0': not liked | 'flip': the opposite of what the pair is
--   5 known     the pair's op in Postgres | '' when Postgres was not asked | '?' when it did not answer
--   6 ahead     how far an accepted op may have been ahead of a clock, microseconds
--   7 keep      how long the call finds its op again, milliseconds
-- RETURNS
--   {'WARM', count, rev, liked, op, durable} | {'COLD', op} | nothing changed: {'COLD', '0'}: hydrate the post and call
--   again, {'ASK'}: Postgres may know an op of the pair that is later than this clock, call again
--   with it
-- include: apply

local k = { likes = KEYS[1], liked = KEYS[2], meta = KEYS[3], sessions = KEYS[4], q = KEYS[5], recent = KEYS[6], rank = KEYS[7] }
local post, session, now, wanted, ahead = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[6])
local was_asked, known = ARGV[5] ~= '', tonumber(ARGV[5]) or 0

local given = redis.call('GET', KEYS[8])
if given then return reply(apply(k, post, session, tonumber(given), now)) end

local pair = post .. '|' .. session
local pending = pending_of(k.q, pair)
local newest = math.max(pending, tonumber(redis.call('ZSCORE', k.recent, pair) or 0), known)
local values = redis.call('MGET', k.likes, k.meta)
local epoch = epoch_of(k.q)
local count, rev = warm(epoch, values[1], values[2], k.liked)

if not count and pending == 0 and not was_asked then return { 'COLD', '0' } end
-- What was settled long ago is forgotten here. It is older than a clock that is right; this one is not, or the op was as
-- far ahead as it may be.
local is_unknown = count and newest == 0
local is_behind = is_unknown and now + ahead < rev
local may_be_forgotten = is_unknown and 2 * (now - ahead) < forgotten_before(k.q, epoch)
if (is_behind or may_be_forgotten) and not was_asked then return { 'ASK' } end

local likes = wanted == '1'
if wanted == 'flip' then
  likes = newest % 2 == 0
  if count then likes = redis.pcall('SISMEMBER', k.liked, session) ~= 1 end
end
local t = math.max(now, math.floor(newest / 2) + 1)
if is_behind and ARGV[5] == '?' then t = rev + ahead + 1 end
local op = 2 * t + (likes and 1 or 0)
local state = reply(apply(k, post, session, op, now))
redis.call('SET', KEYS[8], int(op), 'PX', ARGV[7])
return state
