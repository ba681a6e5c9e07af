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
-- RETURNS
--   {id of this Redis or '', receipt of the cut, nonce, after, last: '' where the queue was read to its end, member…} |
--   {}: what a store had lost is not back yet, call feed
-- include: batch
-- include: home

local q = KEYS[1]
allow_when_full(q)
if mark_of(q, 'fed') then return {} end
local home = name_home(q, ARGV[4], ARGV[5] == '1')
return { home, mark_of(q, 'nonce') or '', unpack(hand_out(q, ARGV[1], ARGV[2], ARGV[3])) }
