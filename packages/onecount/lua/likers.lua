-- likers: read a part of the sessions that like a post from its mirror. Changes nothing.
--
-- KEYS
--   1 q         zset    likes:pending
--   2 liked     set     post:liked:<post>, a mirror
-- ARGV
--   1 cursor    '0' to start, then that of the part before
--   2 count     sessions, about
-- RETURNS
--   {cursor, session…}; the cursor is '0' where this was the last part, and a session may come twice
-- include: queue

assert_primary(KEYS[1])
local reply = redis.pcall('SSCAN', KEYS[2], ARGV[1], 'COUNT', ARGV[2])
if reply.err then return { '0' } end
return { reply[1], unpack(reply[2]) }
