-- abandon: drop the batch in flight, which Postgres does not take. Had it taken it after all, the next one is rejected.
-- One of which some is settled is not pending any more: it stays until Postgres takes it again.
--
-- KEYS
--   1 q         zset    likes:pending
-- ARGV
--   1 nonce     of the batch
-- RETURNS
--   '1' | '0': it stays, or another batch is in flight
-- include: batch

if nonce_in_flight(KEYS[1]) ~= ARGV[1] then return '0' end
if mark_of(KEYS[1], 'half') then return '0' end
drop_batch(KEYS[1])
return '1'
