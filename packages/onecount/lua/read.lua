-- read: a page of posts for one session, as one string.
--
-- KEYS
--   1 q         zset    likes:pending
--   2 session   hash    session:ops:<session>, or q for nobody
--   3.. meta    string  post:meta:<post> of each post
-- ARGV
--   1 asked     '1': for the session | '0': for nobody
-- RETURNS
--   '<epoch>;<the session's mark>' and for each post ';<numbers>;<op>', each '' where there is none: which of them count is
--   decided by the caller
-- include: queue

local q = KEYS[1]
assert_primary(q)
local metas = redis.call('MGET', unpack(KEYS, 3))
local out = { epoch_of(q) or '', '' }
local ops = {}
if ARGV[1] == '1' then
  -- The posts stand in the names of the keys already; a driver may put a prefix before all of them.
  local posts, from = {}, string.find(KEYS[3], 'post:meta:', 1, true) + 10
  for i = 3, #KEYS do posts[i - 2] = string.sub(KEYS[i], from) end
  ops = redis.pcall('HMGET', KEYS[2], '!', unpack(posts))
  if ops.err then ops = {} end
  out[2] = ops[1] or ''
end
for i = 1, #metas do
  out[2 * i + 1] = metas[i] or ''
  out[2 * i + 2] = ops[i + 1] or ''
end
return table.concat(out, ';')
