-- install-sessions: make sessions known from the ops that Postgres holds at the cut of Redis.
--
-- KEYS
--   1 q         zset    likes:pending
--   2.. per session: hash, session:ops:<session>
-- ARGV
--   1 receipt   of Postgres, when it was read
--   2 ttl       how long a session stays that no call touches, milliseconds
--   3 most      fields of an old hash that are looked at; with more of them it is 'cut', whatever the extent
--   4.. per session: session, extent, how many ops follow, then post and op of each, 0 for none
--   extent      'all': these are all its ops | 'some': of these posts
-- RETURNS
--   {'OK', …}, one for each session | {'AGAIN'}, {'FEEDING'}, {'NEW'}, as install-posts
-- include: queue

-- Redis keeps a small hash as one list, which a page would scan once for each of its posts; a value this long makes it a
-- table for good. Below this many ops the scan costs less than the table's memory.
local SCANNED = 64

local q, receipt, ttl, most = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local epoch = epoch_of(q)
assert_writable(q)
if not epoch then return { 'NEW' } end
if mark_of(q, 'fed') then return { 'FEEDING' } end
if mark_of(q, 'nonce') ~= receipt or mark_of(q, 'half') then return { 'AGAIN' } end

-- The ops told stand in ARGV from `from` to `to`.
local function install(key, session, extent, from, to)
  local mark = redis.pcall('HGET', key, '!')
  if type(mark) == 'table' then redis.call('DEL', key) mark = false end
  if mark == epoch .. '|all' then return end
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
    local held = redis.call('HLEN', key)
    if held <= most then
      for _, post in ipairs(held > 0 and redis.call('HKEYS', key) or {}) do
        if post ~= '!' and pending_of(q, post .. '|' .. session) then put(post, 0) end
      end
    else
      is_cut = true
    end
    if held > 0 then redis.call('UNLINK', key) end
  end
  for i = from, to, 2 do put(ARGV[i], tonumber(ARGV[i + 1])) end
  if #fields > 2 * SCANNED then redis.call('HSET', key, '!', string.rep('!', 65)) end
  for i = 1, #fields, 1000 do redis.call('HSET', key, unpack(fields, i, math.min(i + 999, #fields))) end
  redis.call('HSET', key, '!', epoch .. '|' .. (is_cut and 'cut' or extent))
  redis.call('PEXPIRE', key, ttl)
end

local out, at = {}, 4
while ARGV[at] do
  local last = at + 2 + 2 * tonumber(ARGV[at + 2])
  install(KEYS[#out + 2], ARGV[at], ARGV[at + 1], at + 3, last)
  out[#out + 1], at = 'OK', last + 1
end
return out
