-- pending-ops: read a part of the pending ops of a session. Changes nothing.
--
-- KEYS
--   1 q         zset    likes:pending
--   2 session   hash    session:ops:<session>
-- ARGV
--   1 cursor    '0' to start, then that of the part before
--   2 count     posts that are looked at, about
-- RETURNS
--   {cursor, post, op, …}; the cursor is '0' where this was the last part, and a post may come twice
-- include: queue

assert_primary(KEYS[1])
local reply = redis.pcall('HSCAN', KEYS[2], ARGV[1], 'COUNT', ARGV[2])
if reply.err then return { '0' } end
local out, fields = { reply[1] }, reply[2]
for i = 1, #fields, 2 do
  local op = string.match(fields[i + 1], '^(%d+)p$')
  if op then
    out[#out + 1] = fields[i]
    out[#out + 1] = op
  end
end
return out
