-- compare-pairs: read the ops of pairs, and the members of the mirrors. Changes nothing.
--
-- KEYS
--   1 q         zset    likes:pending
--   2 recent    zset    likes:recent
--   3.. per pair: session:ops:<session>, session:likes:<session> and post:liked:<post>
-- ARGV
--   1.. per pair: post, session
-- RETURNS
--   {'<pending op>|<recent op>|<op of the session>|<in session:likes>|<in post:liked>', …}; an op is '' where there is
--   none or, of the session, where it is not known, and 0 where the session is known to have none; the last two are 1 or 0
-- include: number
-- include: queue
-- include: session

local q, recent = KEYS[1], KEYS[2]
assert_primary(q)
local epoch = epoch_of(q)

local function contains(key, member)
  local reply = redis.pcall('SISMEMBER', key, member)
  return reply == 1 and '1' or '0'
end

local out = {}
for i = 1, #ARGV, 2 do
  local post, session, k = ARGV[i], ARGV[i + 1], 3 + 3 * (i - 1) / 2
  local pair = post .. '|' .. session
  local held, own = pending_of(q, pair), op_of(KEYS[k], epoch, post)
  out[#out + 1] = table.concat({
    held and int(held.op) or '', redis.call('ZSCORE', recent, pair) or '', own and int(own) or '',
    contains(KEYS[k + 1], post), contains(KEYS[k + 2], session),
  }, '|')
end
return out
