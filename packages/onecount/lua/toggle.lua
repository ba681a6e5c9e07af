-- toggle: flip a pair, for callers that hold no op; the script chooses the parity.
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
--   3 now       microseconds
--   4 again     '1' on a repeat after an unknown outcome: an op of now or later means that it was done
--   5 known     the pair's op in Postgres, '' when it was not asked
-- RETURNS
--   {'WARM', count, rev, liked, op, durable} | {'COLD', op}; op 0: not accepted, ask Postgres and call again
-- include: apply

local k = { likes = KEYS[1], liked = KEYS[2], meta = KEYS[3], sessions = KEYS[4], q = KEYS[5], recent = KEYS[6], rank = KEYS[7] }
local post, session, now, again, known = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1', ARGV[5]

local pair = post .. '|' .. session
local pending = pending_of(k.q, pair)
local newest = math.max(pending, tonumber(redis.call('ZSCORE', k.recent, pair) or 0), tonumber(known) or 0)
local values = redis.call('MGET', k.likes, k.meta)
local is_warm = warm(epoch_of(k.q), values[1], values[2], k.liked)

if not is_warm and pending == 0 and known == '' then return { 'COLD', '0' } end
if again and math.floor(newest / 2) >= now then
  local _, durable, count, rev, member = apply(k, post, session, 0, now)
  return reply(newest, durable, count, rev, member)
end

local likes = newest % 2 == 1
if is_warm then likes = redis.call('SISMEMBER', k.liked, session) == 1 end
local t = math.max(now, math.floor(newest / 2) + 1)
return reply(apply(k, post, session, 2 * t + (likes and 0 or 1), now))
