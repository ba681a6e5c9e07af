-- settle: apply the answer of Postgres to the batch in flight, in slices of bounded size. The last slice moves the cut and
-- hands out the next batch; until then the batch stays in flight, and each slice may be repeated.
--
-- KEYS
--   1 q         zset    likes:pending
--   2 recent    zset    likes:recent
--   3 late      zset    likes:late
--   4 rank      zset    likes:rank
--   5 lease     string  likes:lease, who drains
--   6.. per post told: meta, likes and liked (mirrors); then per session: its hash; then session:likes:<session> of each
--   pair whose mirrors may be wrong
-- ARGV
--   1 nonce     of the batch
--   2 receipt   of Postgres, the new cut
--   3 now       microseconds
--   4 latest    the latest of the clocks that are known, as an op
--   5 began     when the batch was collected, as an op: the earliest of them
--   6 lasts     how long an op is remembered, in the units of ops
--   7 ttl       how long a session stays that no call touches, milliseconds
--   8 id        of the next batch, as collect
--   9 limit     of it, as collect
--   10 after    of it, as collect
--   11 slice    '<from>-<to>' of the batch's pairs and then of its posts without any, with '!' behind it the last one
--   12 likers   '1': the mirrors post:liked:<post> are kept
--   13 drainer  id of the caller, who keeps the lease, or releases it when no op is pending; '': it has none
--   14 ttl      for how long it has the lease, milliseconds
--   15 posts    how many are told
--   16.. of each post: id, its likes in Postgres, '!<likes>': forget its numbers, '~<likes>': the same, as it is a new post
--   of the same id, 'gone': there is none, '?': told by a later slice; then the number of sessions; then how many pairs
--   Postgres holds as they were handed out, and of each: post index, session index, member of the batch; then of each other
--   pair: post index, session index, index of its mirror or 0, post, session, op that Postgres holds, the op that it refused
--   or ''
-- RETURNS
--   {'OK', nonce, after, last, member…} of the next batch, {'OK'}: nothing is pending, or there is a later slice |
--   {'LATE'}: nothing changed, as another batch is in flight or an earlier slice is not settled here
-- include: batch
-- include: chunks
-- include: gone
-- include: lease
-- include: post
-- include: ranking
-- include: session
-- include: trim

-- So many pending likes of a post that is a new one stay in its mirror.
local MOST_LIKERS = 1000

local q, recent, late, rank = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local now, latest, lasts = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[6])
allow_when_full(q)
if nonce_in_flight(q) ~= ARGV[1] then return { 'LATE' } end
-- A Redis that has come back older between two slices has lost the first one.
local from, to, final = string.match(ARGV[11], '^(%d+)%-(%d+)(!?)$')
local settled, receipt = string.match(mark_of(q, 'half') or '', '^(%d+)|(.*)$')
settled = tonumber(settled)
-- Postgres has come back older between two answers to the batch. The ops settled by the answer it has lost must be drained
-- again: with a cut that Postgres never had, the next batch finds that the stores have diverged.
if settled and receipt ~= ARGV[2] then
  set_mark(q, 'nonce', ARGV[1] .. '/')
  set_mark(q, 'half', nil)
  drop_batch(q)
  return { 'LATE' }
end
if tonumber(from) > (settled or 0) then return { 'LATE' } end
-- A repeat: its pairs are settled, and a count that a later slice has told must not become doubtful again.
if final == '' and tonumber(to) <= (settled or 0) then return { 'OK' } end
local epoch = epoch_of(q)
local late_before = math.max(latest - lasts, tonumber(mark_of(q, 'trimmed') or 0))

local remembered, late_ones = {}, {}

-- For a Postgres that comes back older: the ops that it has lost are drained again, also those that it had set aside.
local function remember(name, op)
  remembered[#remembered + 1] = op
  remembered[#remembered + 1] = name
  if tonumber(op) < late_before then
    late_ones[#late_ones + 1] = int(latest)
    late_ones[#late_ones + 1] = name
  end
end

local n, metas = tonumber(ARGV[15]), {}
for i = 1, n do metas[i] = KEYS[3 + 3 * i] end
metas = collect_in_chunks('MGET', nil, metas)
local posts = {}
for i = 1, n do
  local p = post_of(metas[i], epoch) or { count = 0, rev = 0, D = 0, G = 0 }
  p.likes = ARGV[15 + 2 * i]
  p.is_gone = p.likes == 'gone'
  p.by_hand = string.match(p.likes, '^[!~](%d+)$')
  posts[i] = p
end

local function is_new_post(p)
  return string.sub(p.likes, 1, 1) == '~'
end

-- The mirror of a post that is a new one has those who have pressed it since: they are pending, or told below.
local function forget_likers(liked, post)
  redis.call('UNLINK', liked)
  if ARGV[12] ~= '1' then return end
  local likers = {}
  for _, member in ipairs(redis.call('ZRANGEBYLEX', q, '[' .. post .. '|', '(' .. post .. '}', 'LIMIT', 0, MOST_LIKERS)) do
    local session, op = string.match(member, '^[^|]+|([^|]+)|(%d+)')
    if tonumber(op) % 2 == 1 then likers[#likers + 1] = session end
  end
  in_chunks('SADD', { liked }, likers)
end

for i = 1, n do
  local post = ARGV[14 + 2 * i]
  if epoch and is_new_post(posts[i]) and note_gone(q, epoch, post) then forget_likers(KEYS[5 + 3 * i], post) end
end

local sessions, landed, first_pair = tonumber(ARGV[16 + 2 * n]), tonumber(ARGV[17 + 2 * n]), 18 + 2 * n
local first_told = first_pair + 3 * landed
local members = {}
for i = 1, landed do members[i] = ARGV[first_pair + 3 * i - 1] end
local unchanged = collect_in_chunks('ZMSCORE', q, members)

local function session_key(index)
  return KEYS[5 + 3 * n + tonumber(index)]
end

-- Updates D and G: an op of the post is not pending any more, or its d has changed.
local function change(p, d, guesses)
  p.D, p.G = p.D + d, p.G - guesses
  p.was_guess = p.was_guess or guesses > 0
end

-- Settles a pair whose pending op, or whose op in Postgres, is not the one that was handed out. `correct` rewrites the
-- mirrors of the pair, where they may be wrong.
local function settle_pair(p, post, session, key, op, refused, correct)
  local pair = post .. '|' .. session
  local held = pending_of(q, pair)
  local is_held = held ~= nil
  if held then
    local d, guesses = 0, held.epoch ~= epoch and 1 or 0
    is_held = held.op > op and held.op ~= refused
    if is_held then
      local rev = string.match(held.member, '|(%d+)|%-?%d|[^|]*$')
      d = held.op % 2 - op % 2
      pend(q, pair, int(held.op), rev, d, epoch, held)
    else
      redis.call('ZREM', q, held.member)
    end
    change(p, d - held.d, guesses)
  end
  if p.is_gone then
    if not is_held then drop_pending_op(key, post) end
    return
  end
  if correct then
    -- The next press of the session starts from this op, while a later slice may tell the likes that include it.
    p.was_guess = true
    correct((is_held and held.op or op) % 2 == 1 and 'SADD' or 'SREM')
  end
  local own = op_of(key, epoch, post)
  if own and (op > own or (op == own and not is_held) or own == refused) then set_op(key, post, int(op)) end
  -- A post whose likes were set by hand may be a new post with the same id: its ops are not remembered.
  if refused and not p.by_hand then remember(pair .. '|refused', int(refused)) end
  if op > 0 and not p.by_hand then remember(pair, int(op)) end
end

-- Most pairs are pending as they were handed out, and Postgres holds that op: they are settled together.
local settled_together = {}
for i = 1, landed do
  local at, member = first_pair + 3 * i - 3, members[i]
  local p, key = posts[tonumber(ARGV[at])], session_key(ARGV[at + 1])
  local pair, post, op = string.match(member, '^(([^|]+)|[^|]+)|(%d+)')
  if unchanged[i] then
    settled_together[#settled_together + 1] = member
    local d, guesses = change_of(member, epoch)
    change(p, -d, guesses)
    if p.is_gone then
      drop_pending_op(key, post)
    else
      -- The session has no later op of a pair that is still pending as it was handed out.
      set_op(key, post, op)
      if not p.by_hand then remember(pair, op) end
    end
  else
    settle_pair(p, post, string.sub(pair, #post + 2), key, tonumber(op))
  end
end
for i = first_told, #ARGV, 7 do
  local p, mirror, post, session = posts[tonumber(ARGV[i])], tonumber(ARGV[i + 2]), ARGV[i + 3], ARGV[i + 4]
  local function correct(verb)
    redis.pcall(verb, session_key(sessions + mirror), post)
    if ARGV[12] == '1' then redis.pcall(verb, KEYS[5 + 3 * tonumber(ARGV[i])], session) end
  end
  settle_pair(p, post, session, session_key(ARGV[i + 1]), tonumber(ARGV[i + 5]), tonumber(ARGV[i + 6]), mirror > 0 and correct)
end
in_chunks('ZREM', { q }, settled_together)
in_chunks('ZADD', { recent, 'GT' }, remembered)
in_chunks('ZADD', { late }, late_ones)
for i = 1, sessions do redis.call('PEXPIRE', KEYS[5 + 3 * n + i], ARGV[7]) end

for i = 1, n do
  local p, meta, likes = posts[i], KEYS[3 + 3 * i], KEYS[4 + 3 * i]
  if p.is_gone then
    redis.call('UNLINK', meta, likes, KEYS[5 + 3 * i])
    unrank_for_good(rank, ARGV[14 + 2 * i])
    if epoch then note_gone(q, epoch, ARGV[14 + 2 * i]) end
  elseif p.by_hand then
    local post = ARGV[14 + 2 * i]
    redis.call('DEL', meta, likes)
    if is_new_post(p) then rank_again(rank, post) end
    rank_by_postgres(rank, post, p.by_hand)
  elseif p.is_warm then
    -- Ops that landed are not pending any more and stay counted. The error of a guess is corrected by the slice that tells
-- the likes of the post.
    local count = p.likes == '?' and p.count or tonumber(p.likes) + p.D
    p.G = p.G % TOLD_LATER + ((p.likes == '?' and (p.was_guess or p.G >= TOLD_LATER)) and TOLD_LATER or 0)
    if count ~= p.count then
      p.count, p.rev = count, math.max(p.rev + 1, now)
      redis.pcall('SET', likes, int(count))
      redis.pcall('ZADD', rank, count, ARGV[14 + 2 * i])
    end
    set_post(meta, p, epoch)
  end
end

if epoch and are_too_many_gone(q, epoch) then epoch = begin_epoch(q, ARGV[1] .. from) end
if epoch then sweep_gone(q, epoch) end

-- Trimmed only here, where Postgres has shown that it had lost no op when the batch began: ops that it loses later are
-- drained again from recent.
trim(q, recent, late, tonumber(ARGV[5]) - lasts)
if final == '' then
  set_mark(q, 'half', int(math.max(settled or 0, tonumber(to))) .. '|' .. ARGV[2])
  return { 'OK' }
end
set_mark(q, 'nonce', ARGV[2])
set_mark(q, 'half', nil)
drop_batch(q)
local batch = hand_out(q, ARGV[8], ARGV[9], ARGV[10], true)
if #batch > 0 then
  take_lease(KEYS[5], ARGV[13], ARGV[14])
else
  release_lease(KEYS[5], ARGV[13])
end
return { 'OK', unpack(batch) }
