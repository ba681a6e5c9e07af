-- install-session: what Postgres has of a session's ops at the cut of Redis.
--
-- KEYS
--   1 q         zset    likes:pending
--   2 session   hash    session:ops:<session>
-- ARGV
--   1 session   id
--   2 receipt   of Postgres, when it was read
--   3 extent    'all': these are all its ops | 'some': of these posts
--   4 ttl       how long it stays when nobody touches it, milliseconds
--   5 most      fields of an old hash that are looked at; with more of them it is 'cut', whatever the extent
--   6.. post, op of each, 0 for none
-- RETURNS
--   'OK' | 'AGAIN' | 'FEEDING' | 'NEW', as install-posts
-- include: queue

local q, key, session, extent = KEYS[1], KEYS[2], ARGV[1], ARGV[3]
local epoch = epoch_of(q)
assert_writable(q)
if not epoch then return 'NEW' end
if mark_of(q, 'fed') then return 'FEEDING' end
if mark_of(q, 'nonce') ~= ARGV[2] or mark_of(q, 'half') then return 'AGAIN' end

local mark = redis.pcall('HGET', key, '!')
if type(mark) == 'table' then redis.call('DEL', key) mark = false end
if mark == epoch .. '|all' then return 'OK' end
local of, known = string.match(mark or '', '^(.*)|(%a+)$')
-- Some of what it has pressed and Postgres does not have yet was left out: then nothing says what its other ops are.
local is_cut = known == 'cut'

local fields = {}
local function put(post, op)
  local held = pending_of(q, post .. '|' .. session)
  if held and held.op > op then op = string.format('%.0fp', held.op) else op = string.format('%.0f', op) end
  fields[#fields + 1] = post
  fields[#fields + 1] = op
end
if of ~= epoch or (extent == 'all' and not is_cut) then
  -- What the session has pressed and Postgres does not have yet stays.
  if redis.call('HLEN', key) <= tonumber(ARGV[5]) then
    for _, post in ipairs(redis.call('HKEYS', key)) do
      if post ~= '!' and pending_of(q, post .. '|' .. session) then put(post, 0) end
    end
  else
    is_cut = true
  end
  redis.call('UNLINK', key)
end
for i = 6, #ARGV, 2 do put(ARGV[i], tonumber(ARGV[i + 1])) end
-- Redis keeps a small hash as one list, which a page would scan once for each of its posts; a value this long makes it a
-- table for good. Below this many ops the scan costs less than the table's memory.
local SCANNED = 64
if #fields > 2 * SCANNED then redis.call('HSET', key, '!', string.rep('!', 65)) end
for i = 1, #fields, 1000 do redis.call('HSET', key, unpack(fields, i, math.min(i + 999, #fields))) end
redis.call('HSET', key, '!', epoch .. '|' .. (is_cut and 'cut' or extent))
redis.call('PEXPIRE', key, ARGV[4])
return 'OK'
