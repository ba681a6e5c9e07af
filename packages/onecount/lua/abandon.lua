-- abandon: drop the batch in flight, which Postgres refuses to apply. If Postgres has applied it after all, it rejects the
-- next one. A batch that is settled in part is kept until Postgres answers it again, as its settled ops are not pending any
-- more. Members that are no ops are set aside, as marks that no batch has.
--
-- KEYS
--   1 q         zset    likes:pending
-- ARGV
--   1 nonce     of the batch
--   2.. members of it that are no ops
-- RETURNS
--   '1' | '0': it stays, or another batch is in flight
-- include: batch

local q = KEYS[1]
if nonce_in_flight(q) ~= ARGV[1] then return '0' end
if mark_of(q, 'half') then return '0' end

local function set_aside(member)
  if redis.call('ZREM', q, member) == 0 then return false end
  redis.call('ZADD', q, 0, '!foreign|' .. member)
  return true
end

local is_torn = false
for i = 2, #ARGV do is_torn = not set_aside(ARGV[i]) or is_torn end
-- A batch is kept as lines: a member that holds several of them comes as several.
if is_torn then
  local after, rest = string.match(mark_of(q, 'outs'), '^([^\n]*)\n(.*)$')
  local _, lines = string.gsub(rest, '\n', '')
  local from = after == '' and PENDING_FROM or '(' .. after
  for _, member in ipairs(redis.call('ZRANGEBYLEX', q, from, '+', 'LIMIT', 0, lines)) do
    if string.find(member, '\n', 1, true) then set_aside(member) end
  end
end
drop_batch(q)
return '1'
