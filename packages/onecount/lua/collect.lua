-- collect: apply what Postgres has accepted and Redis has not seen, and hand out a batch of pending ops. Both in
-- one script: a rollback that loses what was applied loses the nonce.
--
-- KEYS
--   1 q         zset    likes:q
--   2 recent    zset    likes:recent
--   3 rank      zset    likes:rank
--   4.. per row: likes, liked, meta, sessions, hydrating
-- ARGV
--   1 nonce     random, a part of the batch's
--   2 limit     ops at most
--   3 after     the last member of the batch before, '' to start
--   4 now       microseconds
--   5 home      id that this Redis gets if it has none; '': it gets none
--   6 sure      '1': the caller has drained this Redis under that id before
--   7.. post, session, op of each row; session '': forget what is held of the post, and rank it by its count in
--       Postgres, which stands in place of the op, '' for a post that is gone
-- RETURNS
--   {the batch's nonce, confirmed nonce, id of this Redis or '', pending member…} |
--   {''}: nothing was done, call refeed until nothing is left
--   The nonce ends with `.<seconds>.<microseconds>` of Redis' own clock.
-- include: apply
-- include: forget
-- include: ranking
-- include: home

local q, recent, rank = KEYS[1], KEYS[2], KEYS[3]
local limit, after, now = ARGV[2], ARGV[3], tonumber(ARGV[4])
local OUTSTANDING = 1000
allow_when_full(q)
if fed_of(q) then return { '' } end
-- Every execution hands out a nonce of its own: if this call arrives a second time, in a Redis that has lost what it
-- handed out the first time, it must not make that batch known again.
local nonce = ARGV[1] .. '.' .. table.concat(redis.call('TIME'), '.')

local last = redis.call('ZREVRANGEBYLEX', q, '(!out}', '[!out|', 'LIMIT', 0, 1)[1]
local seq = last and tonumber(string.match(last, '^!out|(%d+)|')) or 0
redis.call('ZADD', q, 0, string.format('!out|%015.0f|%s', seq + 1, nonce))
local excess = redis.call('ZLEXCOUNT', q, '[!out|', '(!out}') - OUTSTANDING
if excess > 0 then redis.call('ZREM', q, unpack(redis.call('ZRANGEBYLEX', q, '[!out|', '(!out}', 'LIMIT', 0, excess))) end

for i = 7, #ARGV, 3 do
  local k = 4 + 5 * (i - 7) / 3
  local keys = { likes = KEYS[k], liked = KEYS[k + 1], meta = KEYS[k + 2], sessions = KEYS[k + 3], q = q, recent = recent, rank = rank }
  if ARGV[i + 1] == '' then
    forget(keys, KEYS[k + 4])
    if ARGV[i + 2] == '' then
      unrank_for_good(rank, ARGV[i])
    else
      rank_by_postgres(rank, ARGV[i], ARGV[i + 2])
    end
  else
    apply(keys, ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), now)
  end
end

local members = redis.call('ZRANGEBYLEX', q, after == '' and PENDING_FROM or '(' .. after, '+', 'LIMIT', 0, limit)
if #members == 0 and after ~= '' then members = redis.call('ZRANGEBYLEX', q, PENDING_FROM, '+', 'LIMIT', 0, limit) end
return { nonce, confirmed_of(q), name_home(q, ARGV[5], ARGV[6] == '1'), unpack(members) }
