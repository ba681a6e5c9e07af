-- collect: hand out the batch in flight, or a new one.
--
-- KEYS
--   1 q         zset    likes:q
-- ARGV
--   1 id        random, a part of a new batch's nonce
--   2 limit     ops at most
--   3 after     the last member of the batch before, '' to start
-- RETURNS
--   {receipt of the cut, nonce, after, last: '' where the queue was read to its end, member…} |
--   {}: what a store had lost is not back yet, call feed
-- include: batch

local q = KEYS[1]
allow_when_full(q)
if mark_of(q, 'fed') then return {} end
return { mark_of(q, 'nonce') or '', unpack(hand_out(q, ARGV[1], ARGV[2], ARGV[3])) }
