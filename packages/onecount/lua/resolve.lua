-- resolve: Postgres holds neither the cut of Redis nor the batch in flight: a store has lost something. Redis takes the
-- receipt of Postgres as its cut and begins an epoch; every recent op becomes pending again.
--
-- KEYS
--   1 q         zset    likes:pending
--   2 recent    zset    likes:recent
-- ARGV
--   1 receipt   that Postgres holds
--   2 nonce     of the refused batch, from which the epoch gets its name: it was handed out once
--   3 limit     recent ops at most that become pending at once; feed does the others
-- RETURNS
--   'DIVERGED' | 'LATE': another batch is in flight, nothing changed
-- include: batch
-- include: feed
-- include: gone

local q, recent, receipt, nonce = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
allow_when_full(q)
if nonce_in_flight(q) ~= nonce then return 'LATE' end
set_mark(q, 'fed', '0')
begin_epoch(q, nonce)
set_mark(q, 'nonce', receipt)
set_mark(q, 'half', nil)
drop_batch(q)
feed(q, recent, tonumber(ARGV[3]))
return 'DIVERGED'
