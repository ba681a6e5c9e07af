-- read: a page of posts for one session, as one string.
--
-- KEYS
--   1 q         zset    likes:pending
--   2 session   hash    session:ops:<session>, or q without a session
--   3.. meta    string  post:meta:<post> of each post
-- ARGV
--   1 asked     '1': for the session | '0': without one
-- RETURNS
--   '<epoch>;<numbers of each post>;…', and for a session ';<its mark>;<op of each post>;…'; each '' where there is none:
--   which of them count is decided by the caller
-- include: queue

local q = KEYS[1]
assert_primary(q)

local page = redis.call('MGET', unpack(KEYS, 3))
local n = #page
for i = 1, n do page[i] = page[i] or '' end
page = (epoch_of(q) or '') .. ';' .. table.concat(page, ';')
if ARGV[1] ~= '1' then return page end

-- The posts stand in the names of the keys already; a driver may put a prefix before all of them.
local sub, from = string.sub, string.find(KEYS[3], 'post:meta:', 1, true) + 10
local fields = { '!' }
for i = 3, n + 2 do fields[i - 1] = sub(KEYS[i], from) end
local ops = redis.pcall('HMGET', KEYS[2], unpack(fields))
-- A key of another type: nothing is known of the session.
if ops.err then return page .. string.rep(';', n + 1) end
for i = 1, n + 1 do ops[i] = ops[i] or '' end
return page .. ';' .. table.concat(ops, ';')
