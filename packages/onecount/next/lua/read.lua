-- read: a page of posts for one session, as one string.
--
-- KEYS
--   1 q         zset    likes:q
--   2 session   hash    session:ops:<session>, or q for nobody
--   3.. meta    string  post:meta:<post> of each post
-- ARGV
--   the posts; none for nobody
-- RETURNS
--   '<epoch>;<the session's mark>' and for each post ';<numbers>;<op>', each '' where there is none: which of them count is
--   decided by the caller
-- include: queue

local q, session = KEYS[1], KEYS[2]
assert_primary(q)
local out = { epoch_of(q) or '', '' }
table.remove(KEYS, 2)
table.remove(KEYS, 1)
local metas = redis.call('MGET', unpack(KEYS))
local ops = {}
if #ARGV > 0 then
  ops = redis.pcall('HMGET', session, '!', unpack(ARGV))
  if ops.err then ops = {} end
  out[2] = ops[1] or ''
end
for i = 1, #metas do
  out[2 * i + 1] = metas[i] or ''
  out[2 * i + 2] = ops[i + 1] or ''
end
return table.concat(out, ';')
