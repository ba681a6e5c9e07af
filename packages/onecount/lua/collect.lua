-- collect: hand out the batch in flight, or a new one.
--
-- KEYS
--   1 q         zset    likes:pending
-- ARGV
--   1 id        random, a part of a new batch's nonce
--   2 limit     ops at most
--   3 after     the last member of the batch before, '' to start
--   4 home      id that this Redis gets if it has none; '': it gets none
--   5 sure      '1': the caller has drained this Redis under that id before
--   6 yields    '1': a batch that another drainer has a lease of is left to it
--   7 mine      nonce of the batch that the caller had last
-- RETURNS
--   {id of this Redis}: the batch in flight is left to another drainer |
--   {id of this Redis or '', receipt of the cut, nonce, after, last: '' where the queue was read to its end, member…} |
--   {}: what a store had lost is not back yet, call feed
-- include: batch
-- include: home

local q = KEYS[1]
allow_when_full(q)
if mark_of(q, 'fed') then return {} end
local home = name_home(q, ARGV[4], ARGV[5] == '1')
if ARGV[6] == '1' and nonce_in_flight(q) ~= ARGV[7] and is_leased(q) then return { home } end
local batch = hand_out(q, ARGV[1], ARGV[2], ARGV[3])
lease(q)
return { home, mark_of(q, 'nonce') or '', unpack(batch) }
