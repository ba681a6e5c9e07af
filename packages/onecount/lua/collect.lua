-- collect: hand out the batch in flight, or a new one.
--
-- KEYS
--   1 q         zset    likes:pending
--   2 lease     string  likes:lease, who drains
-- ARGV
--   1 id        random, a part of a new batch's nonce
--   2 limit     ops at most
--   3 after     the last member of the batch before, '' to start
--   4 home      id that this Redis gets if it has none; '': it gets none
--   5 sure      '1': the caller has drained this Redis under that id before
--   6 drainer   id of the caller, who takes the lease; '': it drains without the lease
--   7 ttl       for how long it has the lease, milliseconds
-- RETURNS
--   {id of this Redis or '', receipt of the cut, nonce, after, last: '' where the queue was read to its end, member…} |
--   {ttl}: another process has the lease, for so many milliseconds at most unless it renews it | {}: ops that a store had
--   lost are not pending again yet, call feed
-- include: batch
-- include: home
-- include: lease

local q = KEYS[1]
allow_when_full(q)
local ttl = take_lease(KEYS[2], ARGV[6], ARGV[7])
if ttl then return { ttl } end
if mark_of(q, 'fed') then return {} end
local home = name_home(q, ARGV[4], ARGV[5] == '1')
return { home, mark_of(q, 'nonce') or '', unpack(hand_out(q, ARGV[1], ARGV[2], ARGV[3])) }
