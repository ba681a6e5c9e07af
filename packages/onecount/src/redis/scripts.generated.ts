// Generated from packages/onecount/lua by `npm run generate`. Do not edit.

import type { ScriptName } from '../core/ports'

/** A Lua script as it is sent to Redis, and the SHA-1 that EVALSHA knows it by. */
export interface Script {
  /** As its file. */
  readonly name: string
  /** For EVALSHA. */
  readonly sha1: string
  /** For EVAL. */
  readonly source: string
}

// With types of its own: those of the literals would repeat every source in the declarations of the package.
/** The Lua scripts that the engine runs, by name, for those who write a driver. */
export const SCRIPTS: Readonly<Record<ScriptName, Script>> = {
  abandon: {
    name: 'abandon',
    sha1: '40f041edeb1db1ec0a65f5c9287dbf6492ed0f50',
    source: `local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function hand_out(q, id, limit, after, some)
  local nonce = mark_of(q, 'out')
  if nonce then
    local out = { nonce }
    for part in string.gmatch(mark_of(q, 'outs') .. '\\n', '([^\\n]*)\\n') do out[#out + 1] = part end
    return out
  end
  local members = redis.call('ZRANGEBYLEX', q, after == '' and PENDING_FROM or '(' .. after, '+', 'LIMIT', 0, limit)
  if #members == 0 and after ~= '' then
    after = ''
    members = redis.call('ZRANGEBYLEX', q, PENDING_FROM, '+', 'LIMIT', 0, limit)
  end
  if some and #members == 0 then return {} end
  local last = #members >= tonumber(limit) and members[#members] or ''
  nonce = id .. '.' .. table.concat(redis.call('TIME'), '.')
  local batch = after .. '\\n' .. last
  if #members > 0 then batch = batch .. '\\n' .. table.concat(members, '\\n') end
  redis.call('ZADD', q, 0, '!outs|' .. batch, 0, '!out|' .. nonce)
  return { nonce, after, last, unpack(members) }
end
local function nonce_in_flight(q)
  return mark_of(q, 'out')
end
local function drop_batch(q)
  set_mark(q, 'out', nil)
  set_mark(q, 'outs', nil)
end
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
if is_torn then
  local after, rest = string.match(mark_of(q, 'outs'), '^([^\\n]*)\\n(.*)$')
  local _, lines = string.gsub(rest, '\\n', '')
  local from = after == '' and PENDING_FROM or '(' .. after
  for _, member in ipairs(redis.call('ZRANGEBYLEX', q, from, '+', 'LIMIT', 0, lines)) do
    if string.find(member, '\\n', 1, true) then set_aside(member) end
  end
end
drop_batch(q)
return '1'
`,
  },
  adopt: {
    name: 'adopt',
    sha1: '3bd0405920bb5aa11a6f73aed7809a8a85e54b51',
    source: `local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local before, rest, q, recent = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
allow_when_full(q)
if redis.call('EXISTS', rest) == 0 then
  local kind = redis.call('TYPE', before).ok
  if kind == 'zset' then redis.call('RENAME', before, rest) end
  if kind ~= 'string' then redis.call('SET', before, 'onecount keeps what is pending in likes:pending') end
end
local members = redis.call('ZRANGEBYLEX', rest, PENDING_FROM, '+', 'LIMIT', 0, ARGV[1])
for _, member in ipairs(members) do
  local pair, op = string.match(member, '^([^|]+|[^|]+)|(%d+)|%d+$')
  if pair then redis.call('ZADD', recent, 'GT', op, pair) end
  redis.call('ZREM', rest, member)
end
if #members == tonumber(ARGV[1]) then return '1' end
local home = redis.call('ZRANGEBYLEX', rest, '[!home|', '(!home}', 'LIMIT', 0, 1)[1]
if home and not mark_of(q, 'home') then set_mark(q, 'home', string.sub(home, 7)) end
redis.call('UNLINK', rest)
return redis.call('TYPE', before).ok == 'zset' and '1' or '0'
`,
  },
  close: {
    name: 'close',
    sha1: '920861699e629fa03c45e2c49248ee50c086bb04',
    source: `local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local q, rest = KEYS[1], KEYS[2]
if redis.call('EXISTS', rest) == 0 then
  local kind = redis.call('TYPE', q).ok
  if kind == 'zset' then redis.call('RENAME', q, rest) end
  if kind ~= 'string' then redis.call('SET', q, 'the posts are in other partitions') end
end
for i = 2, #ARGV do redis.call('ZREM', rest, ARGV[i]) end
local members = redis.call('ZRANGEBYLEX', rest, PENDING_FROM, '+', 'LIMIT', 0, ARGV[1])
if #members == 0 then redis.call('UNLINK', rest) end
return members
`,
  },
  collect: {
    name: 'collect',
    sha1: '85399e20368d1ee80365c9c1fef4369affb99b07',
    source: `local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function hand_out(q, id, limit, after, some)
  local nonce = mark_of(q, 'out')
  if nonce then
    local out = { nonce }
    for part in string.gmatch(mark_of(q, 'outs') .. '\\n', '([^\\n]*)\\n') do out[#out + 1] = part end
    return out
  end
  local members = redis.call('ZRANGEBYLEX', q, after == '' and PENDING_FROM or '(' .. after, '+', 'LIMIT', 0, limit)
  if #members == 0 and after ~= '' then
    after = ''
    members = redis.call('ZRANGEBYLEX', q, PENDING_FROM, '+', 'LIMIT', 0, limit)
  end
  if some and #members == 0 then return {} end
  local last = #members >= tonumber(limit) and members[#members] or ''
  nonce = id .. '.' .. table.concat(redis.call('TIME'), '.')
  local batch = after .. '\\n' .. last
  if #members > 0 then batch = batch .. '\\n' .. table.concat(members, '\\n') end
  redis.call('ZADD', q, 0, '!outs|' .. batch, 0, '!out|' .. nonce)
  return { nonce, after, last, unpack(members) }
end
local function nonce_in_flight(q)
  return mark_of(q, 'out')
end
local function drop_batch(q)
  set_mark(q, 'out', nil)
  set_mark(q, 'outs', nil)
end
local function name_home(q, id, is_sure)
  local home = mark_of(q, 'home')
  if id == '' or home == id or (home and not (is_sure and not mark_of(q, 'nonce'))) then return home or '' end
  set_mark(q, 'home', id)
  return id
end
local LEASE_KEPT = 60000
local function holder_of(lease)
  local held = redis.pcall('GET', lease)
  return string.match(type(held) == 'string' and held or '', '^(.*)|(%d+)$')
end
local function take_lease(lease, drainer, ttl)
  if drainer == '' then return nil end
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  local holder, till = holder_of(lease)
  local left = (tonumber(till) or 0) - now
  if holder and holder ~= drainer and left > 0 and left <= tonumber(ttl) then return string.format('%.0f', left) end
  redis.pcall('SET', lease, drainer .. '|' .. string.format('%.0f', now + ttl), 'PX', LEASE_KEPT)
  return nil
end
local function release_lease(lease, drainer)
  if drainer ~= '' and holder_of(lease) == drainer then redis.call('DEL', lease) end
end
local q = KEYS[1]
allow_when_full(q)
local ttl = take_lease(KEYS[2], ARGV[6], ARGV[7])
if ttl then return { ttl } end
if mark_of(q, 'fed') then return {} end
local home = name_home(q, ARGV[4], ARGV[5] == '1')
return { home, mark_of(q, 'nonce') or '', unpack(hand_out(q, ARGV[1], ARGV[2], ARGV[3])) }
`,
  },
  'compare-pairs': {
    name: 'compare-pairs',
    sha1: 'df0cd60f97ce9d0f7ab3561e3ce7d61e04e42fa1',
    source: `local function int(n)
  return string.format('%.0f', n)
end
local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function op_of(key, epoch, post)
  local values = redis.pcall('HMGET', key, '!', post)
  if values.err or not epoch or not values[1] then return nil end
  local of, extent = string.match(values[1], '^(.*)|(%a+)$')
  if of ~= epoch then return nil end
  local op = tonumber(string.match(values[2] or '', '^%d+'))
  return op or (extent == 'all' and 0 or nil)
end
local function set_op(key, post, op)
  redis.pcall('HSET', key, post, op)
end
local function drop_pending_op(key, post)
  local held = redis.pcall('HGET', key, post)
  if type(held) == 'string' and string.sub(held, -1) == 'p' then redis.call('HDEL', key, post) end
end
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
`,
  },
  'compare-posts': {
    name: 'compare-posts',
    sha1: '611fb5269d63bf03fc3dddb01901948ea6c89354',
    source: `local function int(n)
  return string.format('%.0f', n)
end
local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function pending_sums(q, post, epoch, most)
  local from, to = '[' .. post .. '|', '(' .. post .. '}'
  if redis.call('ZLEXCOUNT', q, from, to) > most then return nil end
  local D, G = 0, 0
  for _, member in ipairs(redis.call('ZRANGEBYLEX', q, from, to)) do
    local d, of = string.match(member, '|(%-?%d)|([^|]*)$')
    D, G = D + d, G + (of ~= epoch and 1 or 0)
  end
  return D, G
end
local function post_of(meta, epoch)
  local count, rev, D, G, of = string.match(meta or '', '^(%-?%d+)|(%d+)|(%-?%d+)|(%d+)|(.*)$')
  if not count then return nil end
  return {
    count = tonumber(count), rev = tonumber(rev), D = tonumber(D), G = tonumber(G),
    is_warm = epoch ~= nil and of == epoch,
  }
end
local TOLD_LATER = 1000000000
local function set_post(key, post, epoch, ttl)
  local numbers = string.format('%.0f|%.0f|%.0f|%.0f|%s', post.count, post.rev, post.D, post.G, epoch)
  if ttl then redis.call('SET', key, numbers, 'PX', ttl) else redis.call('SET', key, numbers, 'KEEPTTL') end
end
local function read_post(key, epoch)
  return post_of(redis.call('MGET', key)[1], epoch)
end
local q, most = KEYS[1], tonumber(ARGV[2])
local epoch = epoch_of(q)
assert_primary(q)
if not epoch or mark_of(q, 'fed') then return { 'NEW' } end
if mark_of(q, 'nonce') ~= ARGV[1] or mark_of(q, 'half') then return { 'AGAIN' } end
local function numbers_of(count, D, G)
  return int(count) .. '|' .. int(D) .. '|' .. int(G)
end
local out = {}
for i = 3, #ARGV, 2 do
  local p = read_post(KEYS[i - 1], epoch)
  local D, G = pending_sums(q, ARGV[i], epoch, most)
  out[#out + 1] = p and p.is_warm and numbers_of(p.count, p.D, p.G) or ''
  out[#out + 1] = D and numbers_of(ARGV[i + 1] + D, D, G) or ''
  out[#out + 1] = redis.call('MGET', KEYS[i])[1] or ''
end
return out
`,
  },
  cool: {
    name: 'cool',
    sha1: '1ecd3371893abf1d7b54a93265f53e69a1d0000b',
    source: `local function int(n)
  return string.format('%.0f', n)
end
local function post_of(meta, epoch)
  local count, rev, D, G, of = string.match(meta or '', '^(%-?%d+)|(%d+)|(%-?%d+)|(%d+)|(.*)$')
  if not count then return nil end
  return {
    count = tonumber(count), rev = tonumber(rev), D = tonumber(D), G = tonumber(G),
    is_warm = epoch ~= nil and of == epoch,
  }
end
local TOLD_LATER = 1000000000
local function set_post(key, post, epoch, ttl)
  local numbers = string.format('%.0f|%.0f|%.0f|%.0f|%s', post.count, post.rev, post.D, post.G, epoch)
  if ttl then redis.call('SET', key, numbers, 'PX', ttl) else redis.call('SET', key, numbers, 'KEEPTTL') end
end
local function read_post(key, epoch)
  return post_of(redis.call('MGET', key)[1], epoch)
end
for i = 2, #KEYS do redis.pcall('HDEL', KEYS[i], '!') end
local numbers = string.match(redis.call('MGET', KEYS[1])[1] or '', '^(%-?%d+|%d+|)%-?%d+|%d+|.')
if not numbers then return '0' end
redis.call('SET', KEYS[1], numbers .. '0|0|', 'KEEPTTL')
return '1'
`,
  },
  feed: {
    name: 'feed',
    sha1: '2c07c2cf5e0488cd22bfa5158fe8aa280e69d5ab',
    source: `local function int(n)
  return string.format('%.0f', n)
end
local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function feed(q, recent, limit)
  local fed = tonumber(mark_of(q, 'fed'))
  if not fed then return false end
  local ops = redis.call('ZRANGE', recent, fed, fed + limit - 1, 'WITHSCORES')
  for i = 1, #ops, 2 do
    local pair = string.match(ops[i], '^[^|]+|[^|]+')
    local held = pending_of(q, pair)
    local op = tonumber(ops[i + 1])
    if op > (held and held.op or 0) then pend(q, pair, int(op), '0', 0, '', held) end
  end
  local more = #ops == 2 * limit
  set_mark(q, 'fed', more and int(fed + limit) or nil)
  return more
end
allow_when_full(KEYS[1])
return feed(KEYS[1], KEYS[2], tonumber(ARGV[1])) and '1' or '0'
`,
  },
  fill: {
    name: 'fill',
    sha1: '8f82fc47f37249b4f06502b3992c35144d95034a',
    source: `local function int(n)
  return string.format('%.0f', n)
end
local function post_of(meta, epoch)
  local count, rev, D, G, of = string.match(meta or '', '^(%-?%d+)|(%d+)|(%-?%d+)|(%d+)|(.*)$')
  if not count then return nil end
  return {
    count = tonumber(count), rev = tonumber(rev), D = tonumber(D), G = tonumber(G),
    is_warm = epoch ~= nil and of == epoch,
  }
end
local TOLD_LATER = 1000000000
local function set_post(key, post, epoch, ttl)
  local numbers = string.format('%.0f|%.0f|%.0f|%.0f|%s', post.count, post.rev, post.D, post.G, epoch)
  if ttl then redis.call('SET', key, numbers, 'PX', ttl) else redis.call('SET', key, numbers, 'KEEPTTL') end
end
local function read_post(key, epoch)
  return post_of(redis.call('MGET', key)[1], epoch)
end
local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local GONE_SECONDS = 600
local function is_complete(rank, epoch)
  return epoch and type(redis.pcall('ZSCORE', rank, '!epoch|' .. epoch)) == 'string'
end
local function unrank(rank, post)
  redis.pcall('ZREM', rank, post)
end
local function unrank_for_good(rank, post)
  unrank(rank, post)
  local now = tonumber(redis.call('TIME')[1])
  redis.pcall('ZADD', rank, -now, '!gone|' .. post)
  redis.pcall('ZREMRANGEBYSCORE', rank, GONE_SECONDS - now, -2)
end
local function rank_again(rank, post)
  redis.pcall('ZREM', rank, '!gone|' .. post)
end
local function is_gone_for_good(rank, post)
  local gone = redis.pcall('ZSCORE', rank, '!gone|' .. post)
  return type(gone) == 'string' and tonumber(redis.call('TIME')[1]) + tonumber(gone) <= GONE_SECONDS
end
local function rank_by_postgres(rank, post, count, is_new)
  if is_gone_for_good(rank, post) then return end
  count = math.max(0, tonumber(count))
  if is_new then
    redis.pcall('ZADD', rank, 'NX', count, post)
  else
    redis.pcall('ZADD', rank, count, post)
  end
end
local q, rank, filling = KEYS[1], KEYS[2], KEYS[3]
local epoch, token, page = ARGV[1], ARGV[2], tonumber(ARGV[3])
assert_writable(q)
local mark = '!fill|' .. epoch .. '|' .. token .. '|'
if epoch_of(q) ~= epoch then return 'LOST' end
if token == '' then
  if not is_complete(rank, epoch) then return 'LOST' end
elseif not redis.call('ZSCORE', rank, mark .. page) then
  return 'LOST'
end
for i = 6, #ARGV, 2 do
  local post = ARGV[i]
  local p = read_post(KEYS[4 + (i - 6) / 2], epoch)
  if p and p.is_warm then
    redis.call('ZADD', rank, p.count, post)
  else
    rank_by_postgres(rank, post, ARGV[i + 1], true)
  end
end
if token == '' then return 'OK' end
redis.call('ZREM', rank, mark .. page)
if ARGV[4] == '1' then
  redis.call('ZADD', rank, -1, '!epoch|' .. epoch)
else
  redis.call('ZADD', rank, -1, mark .. (page + 1))
end
if redis.call('GET', filling) == token then
  if ARGV[4] == '1' then
    redis.call('DEL', filling)
  else
    redis.call('PEXPIRE', filling, ARGV[5])
  end
end
return 'OK'
`,
  },
  forget: {
    name: 'forget',
    sha1: '75d494950198752dfe52241072f4e9ce6a5a3c4b',
    source: `local GONE_SECONDS = 600
local function is_complete(rank, epoch)
  return epoch and type(redis.pcall('ZSCORE', rank, '!epoch|' .. epoch)) == 'string'
end
local function unrank(rank, post)
  redis.pcall('ZREM', rank, post)
end
local function unrank_for_good(rank, post)
  unrank(rank, post)
  local now = tonumber(redis.call('TIME')[1])
  redis.pcall('ZADD', rank, -now, '!gone|' .. post)
  redis.pcall('ZREMRANGEBYSCORE', rank, GONE_SECONDS - now, -2)
end
local function rank_again(rank, post)
  redis.pcall('ZREM', rank, '!gone|' .. post)
end
local function is_gone_for_good(rank, post)
  local gone = redis.pcall('ZSCORE', rank, '!gone|' .. post)
  return type(gone) == 'string' and tonumber(redis.call('TIME')[1]) + tonumber(gone) <= GONE_SECONDS
end
local function rank_by_postgres(rank, post, count, is_new)
  if is_gone_for_good(rank, post) then return end
  count = math.max(0, tonumber(count))
  if is_new then
    redis.pcall('ZADD', rank, 'NX', count, post)
  else
    redis.pcall('ZADD', rank, count, post)
  end
end
redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4])
unrank_for_good(KEYS[1], ARGV[1])
return 'OK'
`,
  },
  'install-posts': {
    name: 'install-posts',
    sha1: '7804d855bfe5f579cf2e58879304c8fb7b4849ea',
    source: `local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local MOST_GONE = 100000
local SWEPT = 1000
local function begin_epoch(q, seed)
  local epoch = string.sub(redis.sha1hex(seed), 1, 16)
  set_mark(q, 'epoch', epoch)
  return epoch
end
local function note_gone(q, epoch, post)
  return redis.call('ZADD', q, 0, '!gone|' .. epoch .. '|' .. post) == 1
end
local function was_gone(q, epoch, post)
  return redis.call('ZSCORE', q, '!gone|' .. epoch .. '|' .. post) ~= false
end
local function are_too_many_gone(q, epoch)
  local from = '!gone|' .. epoch
  return redis.call('ZLEXCOUNT', q, '[' .. from .. '|', '(' .. from .. '}') > MOST_GONE
end
local function sweep_gone(q, epoch)
  local of = '!gone|' .. epoch
  for _, range in ipairs({ { '[!gone|', '(' .. of .. '|' }, { '[' .. of .. '}', '(!gone}' } }) do
    local stale = redis.call('ZRANGEBYLEX', q, range[1], range[2], 'LIMIT', 0, SWEPT)
    if #stale > 0 then redis.call('ZREM', q, unpack(stale)) end
  end
end
local function pending_sums(q, post, epoch, most)
  local from, to = '[' .. post .. '|', '(' .. post .. '}'
  if redis.call('ZLEXCOUNT', q, from, to) > most then return nil end
  local D, G = 0, 0
  for _, member in ipairs(redis.call('ZRANGEBYLEX', q, from, to)) do
    local d, of = string.match(member, '|(%-?%d)|([^|]*)$')
    D, G = D + d, G + (of ~= epoch and 1 or 0)
  end
  return D, G
end
local function int(n)
  return string.format('%.0f', n)
end
local function post_of(meta, epoch)
  local count, rev, D, G, of = string.match(meta or '', '^(%-?%d+)|(%d+)|(%-?%d+)|(%d+)|(.*)$')
  if not count then return nil end
  return {
    count = tonumber(count), rev = tonumber(rev), D = tonumber(D), G = tonumber(G),
    is_warm = epoch ~= nil and of == epoch,
  }
end
local TOLD_LATER = 1000000000
local function set_post(key, post, epoch, ttl)
  local numbers = string.format('%.0f|%.0f|%.0f|%.0f|%s', post.count, post.rev, post.D, post.G, epoch)
  if ttl then redis.call('SET', key, numbers, 'PX', ttl) else redis.call('SET', key, numbers, 'KEEPTTL') end
end
local function read_post(key, epoch)
  return post_of(redis.call('MGET', key)[1], epoch)
end
local GONE_SECONDS = 600
local function is_complete(rank, epoch)
  return epoch and type(redis.pcall('ZSCORE', rank, '!epoch|' .. epoch)) == 'string'
end
local function unrank(rank, post)
  redis.pcall('ZREM', rank, post)
end
local function unrank_for_good(rank, post)
  unrank(rank, post)
  local now = tonumber(redis.call('TIME')[1])
  redis.pcall('ZADD', rank, -now, '!gone|' .. post)
  redis.pcall('ZREMRANGEBYSCORE', rank, GONE_SECONDS - now, -2)
end
local function rank_again(rank, post)
  redis.pcall('ZREM', rank, '!gone|' .. post)
end
local function is_gone_for_good(rank, post)
  local gone = redis.pcall('ZSCORE', rank, '!gone|' .. post)
  return type(gone) == 'string' and tonumber(redis.call('TIME')[1]) + tonumber(gone) <= GONE_SECONDS
end
local function rank_by_postgres(rank, post, count, is_new)
  if is_gone_for_good(rank, post) then return end
  count = math.max(0, tonumber(count))
  if is_new then
    redis.pcall('ZADD', rank, 'NX', count, post)
  else
    redis.pcall('ZADD', rank, count, post)
  end
end
local RETURN_SECONDS = 3
local q, now, most = KEYS[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local epoch = epoch_of(q)
local function returned_posts()
  local returned = {}
  for i = 5, #ARGV, 3 do
    if was_gone(q, epoch, ARGV[i]) then
      returned[ARGV[i]] = true
      rank_again(KEYS[2], ARGV[i])
    end
  end
  return returned
end
local function may_begin_epoch()
  local seconds, last = tonumber(redis.call('TIME')[1]), tonumber(mark_of(q, 'returned') or 0)
  if last <= seconds and seconds < last + RETURN_SECONDS then return false end
  set_mark(q, 'returned', int(seconds))
  return true
end
assert_writable(q)
if not epoch then return { 'NEW' } end
if mark_of(q, 'fed') then return { 'FEEDING' } end
if mark_of(q, 'nonce') ~= ARGV[1] then return { 'AGAIN' } end
if mark_of(q, 'half') then return { 'AGAIN' } end
local returned = returned_posts()
if next(returned) and may_begin_epoch() then
  begin_epoch(q, next(returned) .. table.concat(redis.call('TIME'), '.'))
  return { 'AGAIN' }
end
local out = {}
for i = 5, #ARGV, 3 do
  local post, meta, likes = ARGV[i], KEYS[3 + 2 * (i - 5) / 3], KEYS[4 + 2 * (i - 5) / 3]
  local before = read_post(meta, epoch)
  out[#out + 1] = returned[post] and 'MANY' or 'OK'
  if not returned[post] and not (before and before.is_warm) then
    local D, G = pending_sums(q, post, epoch, most)
    if not D then
      out[#out] = 'MANY'
    else
      local p = { count = ARGV[i + 1] + D, D = D, G = G, rev = math.max(ARGV[i + 2] + 1, before and before.rev + 1 or 0, now) }
      set_post(meta, p, epoch, ARGV[4])
      redis.pcall('SET', likes, int(p.count))
      redis.pcall('ZADD', KEYS[2], p.count, post)
    end
  end
end
return out
`,
  },
  'install-sessions': {
    name: 'install-sessions',
    sha1: '597f6f86bec597346a92f394164b0ea325698906',
    source: `local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local SCANNED = 64
local q, receipt, ttl, most = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local epoch = epoch_of(q)
assert_writable(q)
if not epoch then return { 'NEW' } end
if mark_of(q, 'fed') then return { 'FEEDING' } end
if mark_of(q, 'nonce') ~= receipt or mark_of(q, 'half') then return { 'AGAIN' } end
local function install(key, session, extent, from, to)
  local mark = redis.pcall('HGET', key, '!')
  if type(mark) == 'table' then redis.call('DEL', key) mark = false end
  if mark == epoch .. '|all' then return end
  local of, known = string.match(mark or '', '^(.*)|(%a+)$')
  local is_cut = known == 'cut'
  local fields = {}
  local function put(post, op)
    local held = pending_of(q, post .. '|' .. session)
    if held and held.op > op then op = string.format('%.0fp', held.op) else op = string.format('%.0f', op) end
    fields[#fields + 1] = post
    fields[#fields + 1] = op
  end
  if of ~= epoch or (extent == 'all' and not is_cut) then
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
`,
  },
  likers: {
    name: 'likers',
    sha1: '946d7eb54560df3a919a25d8e439f45049e261d9',
    source: `local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
assert_primary(KEYS[1])
local reply = redis.pcall('SSCAN', KEYS[2], ARGV[1], 'COUNT', ARGV[2])
if reply.err then return { '0' } end
return { reply[1], unpack(reply[2]) }
`,
  },
  limit: {
    name: 'limit',
    sha1: '253441949c13569b969ae766d8b94a6263102f5c',
    source: `local function level(tokens)
  return string.format('%.3f', math.floor(tokens * 1000) / 1000)
end
local time = redis.call('TIME')
local at = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local levels, taken = {}, true
for i = 1, #KEYS do
  local size, window = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local tokens, since = string.match(redis.call('GET', KEYS[i]) or '', '^([%d.]+)|(%d+)$')
  local gained = since and math.max(0, at - tonumber(since)) / window * size or size
  levels[i] = math.min(size, (tonumber(tokens) or 0) + gained)
  if levels[i] < 1 then taken = false end
end
local out = { taken and '1' or '0' }
for i = 1, #KEYS do
  local size, window = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  if taken then
    levels[i] = levels[i] - 1
    redis.pcall('SET', KEYS[i], string.format('%s|%.0f', level(levels[i]), at), 'PX', math.ceil((size - levels[i]) / size * window))
  end
  out[i + 1] = level(levels[i])
end
return out
`,
  },
  look: {
    name: 'look',
    sha1: '7b225905adef60d39ea9bf3b600ecc60e8edb85d',
    source: `local function int(n)
  return string.format('%.0f', n)
end
local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local q, turns, idle = KEYS[1], KEYS[2], tonumber(ARGV[1])
assert_primary(q)
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local last = redis.pcall('GET', turns)
local MOST = 60
local turn = math.max(now, type(last) == 'string' and tonumber(last) or 0) + idle
if turn > now + MOST * idle then turn = now + idle end
redis.pcall('SET', turns, int(turn), 'PX', int(turn - now + idle))
local seen = { int(turn - now) }
local function see(q)
  local pending = mark_of(q, 'fed') or #redis.call('ZRANGEBYLEX', q, PENDING_FROM, '+', 'LIMIT', 0, 1) > 0
  seen[#seen + 1] = pending and '1' or '0'
  seen[#seen + 1] = mark_of(q, 'nonce') or ''
  seen[#seen + 1] = mark_of(q, 'home') or ''
end
see(q)
for i = 3, #KEYS do
  see(KEYS[i])
end
return seen
`,
  },
  'mirror-likes': {
    name: 'mirror-likes',
    sha1: '8c2af11cb83b0b3aeb0e579c096cbbdf482e5e07',
    source: `local function int(n)
  return string.format('%.0f', n)
end
local function post_of(meta, epoch)
  local count, rev, D, G, of = string.match(meta or '', '^(%-?%d+)|(%d+)|(%-?%d+)|(%d+)|(.*)$')
  if not count then return nil end
  return {
    count = tonumber(count), rev = tonumber(rev), D = tonumber(D), G = tonumber(G),
    is_warm = epoch ~= nil and of == epoch,
  }
end
local TOLD_LATER = 1000000000
local function set_post(key, post, epoch, ttl)
  local numbers = string.format('%.0f|%.0f|%.0f|%.0f|%s', post.count, post.rev, post.D, post.G, epoch)
  if ttl then redis.call('SET', key, numbers, 'PX', ttl) else redis.call('SET', key, numbers, 'KEEPTTL') end
end
local function read_post(key, epoch)
  return post_of(redis.call('MGET', key)[1], epoch)
end
local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
assert_writable(KEYS[1])
local epoch = epoch_of(KEYS[1])
for i = 2, #KEYS, 2 do
  local p = read_post(KEYS[i], epoch)
  if p and p.is_warm then redis.pcall('SET', KEYS[i + 1], int(p.count)) end
end
return 'OK'
`,
  },
  mirror: {
    name: 'mirror',
    sha1: 'bbd5a6de820b65ab44059e9f9e7b8cafd3b313b8',
    source: `local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local q, recent = KEYS[1], KEYS[2]
assert_writable(q)
for i = 2, #ARGV, 4 do
  local post, session, op, before, k = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]), 3 + (i - 2) / 2
  local pair = post .. '|' .. session
  local held, drained = pending_of(q, pair), tonumber(redis.call('ZSCORE', recent, pair) or 0)
  if drained == before then drained = 0 end
  local newest = math.max(op, held and held.op or 0, drained)
  local verb = newest % 2 == 1 and 'SADD' or 'SREM'
  redis.pcall(verb, KEYS[k], post)
  if ARGV[1] == '1' then redis.pcall(verb, KEYS[k + 1], session) end
end
return 'OK'
`,
  },
  'pending-ops': {
    name: 'pending-ops',
    sha1: 'cdfe771088257dd45d87d86556e2af7198c67bd5',
    source: `local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
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
`,
  },
  prepare: {
    name: 'prepare',
    sha1: 'd5eaec1deff8e0f4ac61d7ad845ab9336d3ef16b',
    source: `local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local GONE_SECONDS = 600
local function is_complete(rank, epoch)
  return epoch and type(redis.pcall('ZSCORE', rank, '!epoch|' .. epoch)) == 'string'
end
local function unrank(rank, post)
  redis.pcall('ZREM', rank, post)
end
local function unrank_for_good(rank, post)
  unrank(rank, post)
  local now = tonumber(redis.call('TIME')[1])
  redis.pcall('ZADD', rank, -now, '!gone|' .. post)
  redis.pcall('ZREMRANGEBYSCORE', rank, GONE_SECONDS - now, -2)
end
local function rank_again(rank, post)
  redis.pcall('ZREM', rank, '!gone|' .. post)
end
local function is_gone_for_good(rank, post)
  local gone = redis.pcall('ZSCORE', rank, '!gone|' .. post)
  return type(gone) == 'string' and tonumber(redis.call('TIME')[1]) + tonumber(gone) <= GONE_SECONDS
end
local function rank_by_postgres(rank, post, count, is_new)
  if is_gone_for_good(rank, post) then return end
  count = math.max(0, tonumber(count))
  if is_new then
    redis.pcall('ZADD', rank, 'NX', count, post)
  else
    redis.pcall('ZADD', rank, count, post)
  end
end
local q, rank, filling, token = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local KEPT = 1000
local epoch = epoch_of(q)
if not epoch or mark_of(q, 'fed') then return { 'NEW', '' } end
if is_complete(rank, epoch) then return { 'COMPLETE', epoch } end
if not redis.call('SET', filling, token, 'NX', 'PX', ARGV[2]) then return { 'BUSY', '' } end
local gone = redis.pcall('ZRANGEBYSCORE', rank, '-inf', '(-1', 'WITHSCORES', 'LIMIT', 0, KEPT)
redis.call('UNLINK', rank)
for i = 1, #gone, 2 do redis.call('ZADD', rank, gone[i + 1], gone[i]) end
redis.call('ZADD', rank, -1, '!fill|' .. epoch .. '|' .. token .. '|0')
return { 'MINE', epoch }
`,
  },
  press: {
    name: 'press',
    sha1: '83fdadd2d9a15230137ef47b54ab6c9a0c69614f',
    source: `local function int(n)
  return string.format('%.0f', n)
end
local function post_of(meta, epoch)
  local count, rev, D, G, of = string.match(meta or '', '^(%-?%d+)|(%d+)|(%-?%d+)|(%d+)|(.*)$')
  if not count then return nil end
  return {
    count = tonumber(count), rev = tonumber(rev), D = tonumber(D), G = tonumber(G),
    is_warm = epoch ~= nil and of == epoch,
  }
end
local TOLD_LATER = 1000000000
local function set_post(key, post, epoch, ttl)
  local numbers = string.format('%.0f|%.0f|%.0f|%.0f|%s', post.count, post.rev, post.D, post.G, epoch)
  if ttl then redis.call('SET', key, numbers, 'PX', ttl) else redis.call('SET', key, numbers, 'KEEPTTL') end
end
local function read_post(key, epoch)
  return post_of(redis.call('MGET', key)[1], epoch)
end
local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function op_of(key, epoch, post)
  local values = redis.pcall('HMGET', key, '!', post)
  if values.err or not epoch or not values[1] then return nil end
  local of, extent = string.match(values[1], '^(.*)|(%a+)$')
  if of ~= epoch then return nil end
  local op = tonumber(string.match(values[2] or '', '^%d+'))
  return op or (extent == 'all' and 0 or nil)
end
local function set_op(key, post, op)
  redis.pcall('HSET', key, post, op)
end
local function drop_pending_op(key, post)
  local held = redis.pcall('HGET', key, post)
  if type(held) == 'string' and string.sub(held, -1) == 'p' then redis.call('HDEL', key, post) end
end
local function look(k, post, session)
  local epoch = epoch_of(k.q)
  local pair = post .. '|' .. session
  local held = pending_of(k.q, pair)
  local known = op_of(k.session, epoch, post)
  return {
    epoch = epoch, pair = pair, held = held, known = known, post = read_post(k.meta, epoch),
    newest = math.max(held and held.op or 0, known or 0),
  }
end
local function is_cold(s)
  return not (s.post and s.post.is_warm) or not (s.held or s.known)
end
local function ask_for(k, s)
  assert_writable(k.q)
  return { 'HYDRATE', s.post and s.post.is_warm and 'pair' or 'post' }
end
local function take(k, s, post, session, op, now)
  local likes = op % 2
  local before, of
  if s.held then
    before, of = s.held.op % 2 - s.held.d, s.held.epoch
  elseif s.known then
    before, of = s.known % 2, s.epoch
  else
    before, of = 1 - likes, ''
  end
  local d = likes - before
  local p = s.post and s.post.is_warm and s.post
  if p then p.rev = math.max(p.rev + 1, now) end
  pend(k.q, s.pair, int(op), p and int(p.rev) or '0', d, of, s.held)
  if p then
    local moved = d - (s.held and s.held.d or 0)
    p.count, p.D = p.count + moved, p.D + moved
    if of == '' and not s.held then p.G = p.G + 1 end
    set_post(k.meta, p, s.epoch)
    redis.pcall('SET', k.likes, int(p.count))
    if moved ~= 0 then redis.pcall('ZADD', k.rank, p.count, post) end
  end
  redis.pcall('HSET', k.session, post, int(op) .. 'p')
  redis.pcall('PERSIST', k.session)
  redis.pcall(likes == 1 and 'SADD' or 'SREM', k.sessions, post)
  if k.liked then redis.pcall(likes == 1 and 'SADD' or 'SREM', k.liked, session) end
  s.held, s.newest = { op = op }, op
end
local function reply(s)
  local p = s.post
  if not (p and p.is_warm) then return { 'COLD', int(s.newest) } end
  return {
    'WARM', int(p.count), int(p.rev), tostring(s.newest % 2), int(s.newest),
    s.held and s.held.op == s.newest and '0' or '1', p.G == 0 and '1' or '0',
  }
end
local k = { q = KEYS[1], meta = KEYS[2], session = KEYS[3], rank = KEYS[4], likes = KEYS[5], sessions = KEYS[6], liked = KEYS[8] }
local post, session, now, wanted, ahead = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[6])
local s = look(k, post, session)
local given = tonumber(redis.call('GET', KEYS[7]))
if given then
  assert_primary(k.q)
else
  local is_unknown = not (s.held or s.known)
  if is_cold(s) and ARGV[5] == 'warm' then return ask_for(k, s) end
  if is_unknown and wanted == 'flip' then
    assert_writable(k.q)
    return { 'ASK' }
  end
  local t = math.max(now, math.floor(s.newest / 2) + 1)
  local rev = s.post and s.post.rev or 0
  if is_unknown and now + ahead < rev then t = rev + ahead + 1 end
  local likes = wanted == '1'
  if wanted == 'flip' then likes = s.newest % 2 == 0 end
  given = 2 * t + (likes and 1 or 0)
end
if given > s.newest then take(k, s, post, session, given, now) end
redis.call('SET', KEYS[7], int(given), 'PX', ARGV[7])
return reply(s)
`,
  },
  rank: {
    name: 'rank',
    sha1: '126f7539c48db86de247b884e1bef20323a649fe',
    source: `local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local GONE_SECONDS = 600
local function is_complete(rank, epoch)
  return epoch and type(redis.pcall('ZSCORE', rank, '!epoch|' .. epoch)) == 'string'
end
local function unrank(rank, post)
  redis.pcall('ZREM', rank, post)
end
local function unrank_for_good(rank, post)
  unrank(rank, post)
  local now = tonumber(redis.call('TIME')[1])
  redis.pcall('ZADD', rank, -now, '!gone|' .. post)
  redis.pcall('ZREMRANGEBYSCORE', rank, GONE_SECONDS - now, -2)
end
local function rank_again(rank, post)
  redis.pcall('ZREM', rank, '!gone|' .. post)
end
local function is_gone_for_good(rank, post)
  local gone = redis.pcall('ZSCORE', rank, '!gone|' .. post)
  return type(gone) == 'string' and tonumber(redis.call('TIME')[1]) + tonumber(gone) <= GONE_SECONDS
end
local function rank_by_postgres(rank, post, count, is_new)
  if is_gone_for_good(rank, post) then return end
  count = math.max(0, tonumber(count))
  if is_new then
    redis.pcall('ZADD', rank, 'NX', count, post)
  else
    redis.pcall('ZADD', rank, count, post)
  end
end
local rank = KEYS[2]
assert_primary(KEYS[1])
local epoch = epoch_of(KEYS[1])
if not is_complete(rank, epoch) then return { '' } end
return { epoch, unpack(redis.call('ZREVRANGEBYSCORE', rank, '+inf', 0, 'WITHSCORES', 'LIMIT', 0, ARGV[1])) }
`,
  },
  read: {
    name: 'read',
    sha1: '6f18e7aa2860d257a10bf58622f3ed2f28d04983',
    source: `local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local q = KEYS[1]
assert_primary(q)
local page = redis.call('MGET', unpack(KEYS, 3))
local n = #page
for i = 1, n do page[i] = page[i] or '' end
page = (epoch_of(q) or '') .. ';' .. table.concat(page, ';')
if ARGV[1] ~= '1' then return page end
local sub, from = string.sub, string.find(KEYS[3], 'post:meta:', 1, true) + 10
local fields = { '!' }
for i = 3, n + 2 do fields[i - 1] = sub(KEYS[i], from) end
local ops = redis.pcall('HMGET', KEYS[2], unpack(fields))
if ops.err then return page .. string.rep(';', n + 1) end
for i = 1, n + 1 do ops[i] = ops[i] or '' end
return page .. ';' .. table.concat(ops, ';')
`,
  },
  release: {
    name: 'release',
    sha1: 'edc5f05b6f07aa8e042867f8bc168dde276c8031',
    source: `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return '0' end
redis.call('DEL', KEYS[1])
return '1'
`,
  },
  reopen: {
    name: 'reopen',
    sha1: 'eb7f80db5ef9b3cf7f61d67ac4f5212d6b2b3231',
    source: `if redis.call('TYPE', KEYS[1]).ok ~= 'string' then return '0' end
redis.call('DEL', KEYS[1])
return '1'
`,
  },
  resolve: {
    name: 'resolve',
    sha1: '5985b18b8a9f4960816f137d810a2fecde628e64',
    source: `local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function hand_out(q, id, limit, after, some)
  local nonce = mark_of(q, 'out')
  if nonce then
    local out = { nonce }
    for part in string.gmatch(mark_of(q, 'outs') .. '\\n', '([^\\n]*)\\n') do out[#out + 1] = part end
    return out
  end
  local members = redis.call('ZRANGEBYLEX', q, after == '' and PENDING_FROM or '(' .. after, '+', 'LIMIT', 0, limit)
  if #members == 0 and after ~= '' then
    after = ''
    members = redis.call('ZRANGEBYLEX', q, PENDING_FROM, '+', 'LIMIT', 0, limit)
  end
  if some and #members == 0 then return {} end
  local last = #members >= tonumber(limit) and members[#members] or ''
  nonce = id .. '.' .. table.concat(redis.call('TIME'), '.')
  local batch = after .. '\\n' .. last
  if #members > 0 then batch = batch .. '\\n' .. table.concat(members, '\\n') end
  redis.call('ZADD', q, 0, '!outs|' .. batch, 0, '!out|' .. nonce)
  return { nonce, after, last, unpack(members) }
end
local function nonce_in_flight(q)
  return mark_of(q, 'out')
end
local function drop_batch(q)
  set_mark(q, 'out', nil)
  set_mark(q, 'outs', nil)
end
local function int(n)
  return string.format('%.0f', n)
end
local function feed(q, recent, limit)
  local fed = tonumber(mark_of(q, 'fed'))
  if not fed then return false end
  local ops = redis.call('ZRANGE', recent, fed, fed + limit - 1, 'WITHSCORES')
  for i = 1, #ops, 2 do
    local pair = string.match(ops[i], '^[^|]+|[^|]+')
    local held = pending_of(q, pair)
    local op = tonumber(ops[i + 1])
    if op > (held and held.op or 0) then pend(q, pair, int(op), '0', 0, '', held) end
  end
  local more = #ops == 2 * limit
  set_mark(q, 'fed', more and int(fed + limit) or nil)
  return more
end
local MOST_GONE = 100000
local SWEPT = 1000
local function begin_epoch(q, seed)
  local epoch = string.sub(redis.sha1hex(seed), 1, 16)
  set_mark(q, 'epoch', epoch)
  return epoch
end
local function note_gone(q, epoch, post)
  return redis.call('ZADD', q, 0, '!gone|' .. epoch .. '|' .. post) == 1
end
local function was_gone(q, epoch, post)
  return redis.call('ZSCORE', q, '!gone|' .. epoch .. '|' .. post) ~= false
end
local function are_too_many_gone(q, epoch)
  local from = '!gone|' .. epoch
  return redis.call('ZLEXCOUNT', q, '[' .. from .. '|', '(' .. from .. '}') > MOST_GONE
end
local function sweep_gone(q, epoch)
  local of = '!gone|' .. epoch
  for _, range in ipairs({ { '[!gone|', '(' .. of .. '|' }, { '[' .. of .. '}', '(!gone}' } }) do
    local stale = redis.call('ZRANGEBYLEX', q, range[1], range[2], 'LIMIT', 0, SWEPT)
    if #stale > 0 then redis.call('ZREM', q, unpack(stale)) end
  end
end
local q, recent, receipt, nonce = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
allow_when_full(q)
if nonce_in_flight(q) ~= nonce then return 'LATE' end
set_mark(q, 'fed', '0')
begin_epoch(q, nonce)
set_mark(q, 'nonce', receipt)
set_mark(q, 'half', nil)
drop_batch(q)
feed(q, recent, tonumber(ARGV[3]))
return 'DIVERGED'
`,
  },
  settle: {
    name: 'settle',
    sha1: 'cba5fe08d77b3bb6125b029357b942e8fc81d2fa',
    source: `local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function hand_out(q, id, limit, after, some)
  local nonce = mark_of(q, 'out')
  if nonce then
    local out = { nonce }
    for part in string.gmatch(mark_of(q, 'outs') .. '\\n', '([^\\n]*)\\n') do out[#out + 1] = part end
    return out
  end
  local members = redis.call('ZRANGEBYLEX', q, after == '' and PENDING_FROM or '(' .. after, '+', 'LIMIT', 0, limit)
  if #members == 0 and after ~= '' then
    after = ''
    members = redis.call('ZRANGEBYLEX', q, PENDING_FROM, '+', 'LIMIT', 0, limit)
  end
  if some and #members == 0 then return {} end
  local last = #members >= tonumber(limit) and members[#members] or ''
  nonce = id .. '.' .. table.concat(redis.call('TIME'), '.')
  local batch = after .. '\\n' .. last
  if #members > 0 then batch = batch .. '\\n' .. table.concat(members, '\\n') end
  redis.call('ZADD', q, 0, '!outs|' .. batch, 0, '!out|' .. nonce)
  return { nonce, after, last, unpack(members) }
end
local function nonce_in_flight(q)
  return mark_of(q, 'out')
end
local function drop_batch(q)
  set_mark(q, 'out', nil)
  set_mark(q, 'outs', nil)
end
local CHUNK = 1000
local function in_chunks(command, begins, items)
  for from = 1, #items, CHUNK do
    local call = { command, unpack(begins) }
    for i = from, math.min(from + CHUNK - 1, #items) do call[#call + 1] = items[i] end
    redis.call(unpack(call))
  end
end
local function collect_in_chunks(command, key, items)
  local out = {}
  for from = 1, #items, CHUNK do
    local call = { command }
    call[2] = key
    for i = from, math.min(from + CHUNK - 1, #items) do call[#call + 1] = items[i] end
    local answers = redis.call(unpack(call))
    for i = 1, #answers do out[from + i - 1] = answers[i] end
  end
  return out
end
local MOST_GONE = 100000
local SWEPT = 1000
local function begin_epoch(q, seed)
  local epoch = string.sub(redis.sha1hex(seed), 1, 16)
  set_mark(q, 'epoch', epoch)
  return epoch
end
local function note_gone(q, epoch, post)
  return redis.call('ZADD', q, 0, '!gone|' .. epoch .. '|' .. post) == 1
end
local function was_gone(q, epoch, post)
  return redis.call('ZSCORE', q, '!gone|' .. epoch .. '|' .. post) ~= false
end
local function are_too_many_gone(q, epoch)
  local from = '!gone|' .. epoch
  return redis.call('ZLEXCOUNT', q, '[' .. from .. '|', '(' .. from .. '}') > MOST_GONE
end
local function sweep_gone(q, epoch)
  local of = '!gone|' .. epoch
  for _, range in ipairs({ { '[!gone|', '(' .. of .. '|' }, { '[' .. of .. '}', '(!gone}' } }) do
    local stale = redis.call('ZRANGEBYLEX', q, range[1], range[2], 'LIMIT', 0, SWEPT)
    if #stale > 0 then redis.call('ZREM', q, unpack(stale)) end
  end
end
local LEASE_KEPT = 60000
local function holder_of(lease)
  local held = redis.pcall('GET', lease)
  return string.match(type(held) == 'string' and held or '', '^(.*)|(%d+)$')
end
local function take_lease(lease, drainer, ttl)
  if drainer == '' then return nil end
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  local holder, till = holder_of(lease)
  local left = (tonumber(till) or 0) - now
  if holder and holder ~= drainer and left > 0 and left <= tonumber(ttl) then return string.format('%.0f', left) end
  redis.pcall('SET', lease, drainer .. '|' .. string.format('%.0f', now + ttl), 'PX', LEASE_KEPT)
  return nil
end
local function release_lease(lease, drainer)
  if drainer ~= '' and holder_of(lease) == drainer then redis.call('DEL', lease) end
end
local function int(n)
  return string.format('%.0f', n)
end
local function post_of(meta, epoch)
  local count, rev, D, G, of = string.match(meta or '', '^(%-?%d+)|(%d+)|(%-?%d+)|(%d+)|(.*)$')
  if not count then return nil end
  return {
    count = tonumber(count), rev = tonumber(rev), D = tonumber(D), G = tonumber(G),
    is_warm = epoch ~= nil and of == epoch,
  }
end
local TOLD_LATER = 1000000000
local function set_post(key, post, epoch, ttl)
  local numbers = string.format('%.0f|%.0f|%.0f|%.0f|%s', post.count, post.rev, post.D, post.G, epoch)
  if ttl then redis.call('SET', key, numbers, 'PX', ttl) else redis.call('SET', key, numbers, 'KEEPTTL') end
end
local function read_post(key, epoch)
  return post_of(redis.call('MGET', key)[1], epoch)
end
local GONE_SECONDS = 600
local function is_complete(rank, epoch)
  return epoch and type(redis.pcall('ZSCORE', rank, '!epoch|' .. epoch)) == 'string'
end
local function unrank(rank, post)
  redis.pcall('ZREM', rank, post)
end
local function unrank_for_good(rank, post)
  unrank(rank, post)
  local now = tonumber(redis.call('TIME')[1])
  redis.pcall('ZADD', rank, -now, '!gone|' .. post)
  redis.pcall('ZREMRANGEBYSCORE', rank, GONE_SECONDS - now, -2)
end
local function rank_again(rank, post)
  redis.pcall('ZREM', rank, '!gone|' .. post)
end
local function is_gone_for_good(rank, post)
  local gone = redis.pcall('ZSCORE', rank, '!gone|' .. post)
  return type(gone) == 'string' and tonumber(redis.call('TIME')[1]) + tonumber(gone) <= GONE_SECONDS
end
local function rank_by_postgres(rank, post, count, is_new)
  if is_gone_for_good(rank, post) then return end
  count = math.max(0, tonumber(count))
  if is_new then
    redis.pcall('ZADD', rank, 'NX', count, post)
  else
    redis.pcall('ZADD', rank, count, post)
  end
end
local function op_of(key, epoch, post)
  local values = redis.pcall('HMGET', key, '!', post)
  if values.err or not epoch or not values[1] then return nil end
  local of, extent = string.match(values[1], '^(.*)|(%a+)$')
  if of ~= epoch then return nil end
  local op = tonumber(string.match(values[2] or '', '^%d+'))
  return op or (extent == 'all' and 0 or nil)
end
local function set_op(key, post, op)
  redis.pcall('HSET', key, post, op)
end
local function drop_pending_op(key, post)
  local held = redis.pcall('HGET', key, post)
  if type(held) == 'string' and string.sub(held, -1) == 'p' then redis.call('HDEL', key, post) end
end
local TRIMMED_AT_ONCE = 2000
local LOOKED_AT_AT_ONCE = 500
local function trim(q, recent, late, horizon)
  if redis.call('EXISTS', late) == 0 then
    set_mark(q, 'trimmed', nil)
    local old = math.min(TRIMMED_AT_ONCE, redis.call('ZCOUNT', recent, '-inf', '(' .. int(horizon)))
    if old > 0 then redis.call('ZREMRANGEBYRANK', recent, 0, old - 1) end
    return
  end
  local from = mark_of(q, 'trimmed') or '-inf'
  local old = redis.call('ZRANGEBYSCORE', recent, from, '(' .. int(horizon), 'WITHSCORES', 'LIMIT', 0, LOOKED_AT_AT_ONCE)
  for i = 1, #old, 2 do
    if not redis.call('ZSCORE', late, old[i]) then redis.call('ZREM', recent, old[i]) end
  end
  if #old > 0 then set_mark(q, 'trimmed', int(tonumber(old[#old]))) end
  for _, pair in ipairs(redis.call('ZRANGEBYSCORE', late, '-inf', '(' .. int(horizon), 'LIMIT', 0, LOOKED_AT_AT_ONCE)) do
    redis.call('ZREM', late, pair)
    local op = redis.call('ZSCORE', recent, pair)
    if op and tonumber(op) < horizon then redis.call('ZREM', recent, pair) end
  end
end
local MOST_LIKERS = 1000
local q, recent, late, rank = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local now, latest, lasts = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[6])
allow_when_full(q)
if nonce_in_flight(q) ~= ARGV[1] then return { 'LATE' } end
local from, to, final = string.match(ARGV[11], '^(%d+)%-(%d+)(!?)$')
local settled, receipt = string.match(mark_of(q, 'half') or '', '^(%d+)|(.*)$')
settled = tonumber(settled)
if settled and receipt ~= ARGV[2] then
  set_mark(q, 'nonce', ARGV[1] .. '/')
  set_mark(q, 'half', nil)
  drop_batch(q)
  return { 'LATE' }
end
if tonumber(from) > (settled or 0) then return { 'LATE' } end
if final == '' and tonumber(to) <= (settled or 0) then return { 'OK' } end
local epoch = epoch_of(q)
local late_before = math.max(latest - lasts, tonumber(mark_of(q, 'trimmed') or 0))
local remembered, late_ones = {}, {}
local function remember(name, op)
  remembered[#remembered + 1] = op
  remembered[#remembered + 1] = name
  if tonumber(op) < late_before then
    late_ones[#late_ones + 1] = int(latest)
    late_ones[#late_ones + 1] = name
  end
end
local n, metas = tonumber(ARGV[15]), {}
for i = 1, n do metas[i] = KEYS[3 + 3 * i] end
metas = collect_in_chunks('MGET', nil, metas)
local posts = {}
for i = 1, n do
  local p = post_of(metas[i], epoch) or { count = 0, rev = 0, D = 0, G = 0 }
  p.likes = ARGV[15 + 2 * i]
  p.is_gone = p.likes == 'gone'
  p.by_hand = string.match(p.likes, '^[!~](%d+)$')
  posts[i] = p
end
local function is_new_post(p)
  return string.sub(p.likes, 1, 1) == '~'
end
local function forget_likers(liked, post)
  redis.call('UNLINK', liked)
  if ARGV[12] ~= '1' then return end
  local likers = {}
  for _, member in ipairs(redis.call('ZRANGEBYLEX', q, '[' .. post .. '|', '(' .. post .. '}', 'LIMIT', 0, MOST_LIKERS)) do
    local session, op = string.match(member, '^[^|]+|([^|]+)|(%d+)')
    if tonumber(op) % 2 == 1 then likers[#likers + 1] = session end
  end
  in_chunks('SADD', { liked }, likers)
end
for i = 1, n do
  local post = ARGV[14 + 2 * i]
  if epoch and is_new_post(posts[i]) and note_gone(q, epoch, post) then forget_likers(KEYS[5 + 3 * i], post) end
end
local sessions, landed, first_pair = tonumber(ARGV[16 + 2 * n]), tonumber(ARGV[17 + 2 * n]), 18 + 2 * n
local first_told = first_pair + 3 * landed
local members = {}
for i = 1, landed do members[i] = ARGV[first_pair + 3 * i - 1] end
local unchanged = collect_in_chunks('ZMSCORE', q, members)
local function session_key(index)
  return KEYS[5 + 3 * n + tonumber(index)]
end
local function change(p, d, guesses)
  p.D, p.G = p.D + d, p.G - guesses
  p.was_guess = p.was_guess or guesses > 0
end
local function settle_pair(p, post, session, key, op, refused, correct)
  local pair = post .. '|' .. session
  local held = pending_of(q, pair)
  local is_held = held ~= nil
  if held then
    local d, guesses = 0, held.epoch ~= epoch and 1 or 0
    is_held = held.op > op and held.op ~= refused
    if is_held then
      local rev = string.match(held.member, '|(%d+)|%-?%d|[^|]*$')
      d = held.op % 2 - op % 2
      pend(q, pair, int(held.op), rev, d, epoch, held)
    else
      redis.call('ZREM', q, held.member)
    end
    change(p, d - held.d, guesses)
  end
  if p.is_gone then
    if not is_held then drop_pending_op(key, post) end
    return
  end
  if correct then
    p.was_guess = true
    correct((is_held and held.op or op) % 2 == 1 and 'SADD' or 'SREM')
  end
  local own = op_of(key, epoch, post)
  if own and (op > own or (op == own and not is_held) or own == refused) then set_op(key, post, int(op)) end
  if refused and not p.by_hand then remember(pair .. '|refused', int(refused)) end
  if op > 0 and not p.by_hand then remember(pair, int(op)) end
end
local settled_together = {}
for i = 1, landed do
  local at, member = first_pair + 3 * i - 3, members[i]
  local p, key = posts[tonumber(ARGV[at])], session_key(ARGV[at + 1])
  local pair, post, op = string.match(member, '^(([^|]+)|[^|]+)|(%d+)')
  if unchanged[i] then
    settled_together[#settled_together + 1] = member
    local d, guesses = change_of(member, epoch)
    change(p, -d, guesses)
    if p.is_gone then
      drop_pending_op(key, post)
    else
      set_op(key, post, op)
      if not p.by_hand then remember(pair, op) end
    end
  else
    settle_pair(p, post, string.sub(pair, #post + 2), key, tonumber(op))
  end
end
for i = first_told, #ARGV, 7 do
  local p, mirror, post, session = posts[tonumber(ARGV[i])], tonumber(ARGV[i + 2]), ARGV[i + 3], ARGV[i + 4]
  local function correct(verb)
    redis.pcall(verb, session_key(sessions + mirror), post)
    if ARGV[12] == '1' then redis.pcall(verb, KEYS[5 + 3 * tonumber(ARGV[i])], session) end
  end
  settle_pair(p, post, session, session_key(ARGV[i + 1]), tonumber(ARGV[i + 5]), tonumber(ARGV[i + 6]), mirror > 0 and correct)
end
in_chunks('ZREM', { q }, settled_together)
in_chunks('ZADD', { recent, 'GT' }, remembered)
in_chunks('ZADD', { late }, late_ones)
for i = 1, sessions do redis.call('PEXPIRE', KEYS[5 + 3 * n + i], ARGV[7]) end
for i = 1, n do
  local p, meta, likes = posts[i], KEYS[3 + 3 * i], KEYS[4 + 3 * i]
  if p.is_gone then
    redis.call('UNLINK', meta, likes, KEYS[5 + 3 * i])
    unrank_for_good(rank, ARGV[14 + 2 * i])
    if epoch then note_gone(q, epoch, ARGV[14 + 2 * i]) end
  elseif p.by_hand then
    local post = ARGV[14 + 2 * i]
    redis.call('DEL', meta, likes)
    if is_new_post(p) then rank_again(rank, post) end
    rank_by_postgres(rank, post, p.by_hand)
  elseif p.is_warm then
    local count = p.likes == '?' and p.count or tonumber(p.likes) + p.D
    p.G = p.G % TOLD_LATER + ((p.likes == '?' and (p.was_guess or p.G >= TOLD_LATER)) and TOLD_LATER or 0)
    if count ~= p.count then
      p.count, p.rev = count, math.max(p.rev + 1, now)
      redis.pcall('SET', likes, int(count))
      redis.pcall('ZADD', rank, count, ARGV[14 + 2 * i])
    end
    set_post(meta, p, epoch)
  end
end
if epoch and are_too_many_gone(q, epoch) then epoch = begin_epoch(q, ARGV[1] .. from) end
if epoch then sweep_gone(q, epoch) end
trim(q, recent, late, tonumber(ARGV[5]) - lasts)
if final == '' then
  set_mark(q, 'half', int(math.max(settled or 0, tonumber(to))) .. '|' .. ARGV[2])
  return { 'OK' }
end
set_mark(q, 'nonce', ARGV[2])
set_mark(q, 'half', nil)
drop_batch(q)
local batch = hand_out(q, ARGV[8], ARGV[9], ARGV[10], true)
if #batch > 0 then
  take_lease(KEYS[5], ARGV[13], ARGV[14])
else
  release_lease(KEYS[5], ARGV[13])
end
return { 'OK', unpack(batch) }
`,
  },
  sizes: {
    name: 'sizes',
    sha1: 'db32f2b55b60141269201e15e2c076a4877e9f5e',
    source: `local function int(n)
  return string.format('%.0f', n)
end
local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
assert_primary(KEYS[1])
local out = {}
for i = 2, #KEYS do
  local size = redis.pcall('SCARD', KEYS[i])
  out[i - 1] = type(size) == 'number' and int(size) or '0'
end
return out
`,
  },
  status: {
    name: 'status',
    sha1: 'c0353621c4209e1d9f7a0e18c7be360a50eb4243',
    source: `local function int(n)
  return string.format('%.0f', n)
end
local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local q = KEYS[1]
assert_primary(q)
local pending = redis.call('ZCARD', q) - redis.call('ZLEXCOUNT', q, '[!', PENDING_FROM)
local oldest
local fed = mark_of(q, 'fed')
if fed then pending = pending + redis.call('ZCARD', KEYS[2]) - fed end
for _, member in ipairs(redis.call('ZRANGEBYLEX', q, PENDING_FROM, '+', 'LIMIT', 0, ARGV[1])) do
  local op = tonumber(string.match(member, '|(%d+)|%d+|%-?%d|[^|]*$'))
  if op and (not oldest or op < oldest) then oldest = op end
end
return { mark_of(q, 'nonce') or '', epoch_of(q) or '', int(pending), int(oldest or 0), mark_of(q, 'home') or '' }
`,
  },
  write: {
    name: 'write',
    sha1: '1324a686412d0d4710cba060c548b68ed4fcc4f2',
    source: `local function int(n)
  return string.format('%.0f', n)
end
local function post_of(meta, epoch)
  local count, rev, D, G, of = string.match(meta or '', '^(%-?%d+)|(%d+)|(%-?%d+)|(%d+)|(.*)$')
  if not count then return nil end
  return {
    count = tonumber(count), rev = tonumber(rev), D = tonumber(D), G = tonumber(G),
    is_warm = epoch ~= nil and of == epoch,
  }
end
local TOLD_LATER = 1000000000
local function set_post(key, post, epoch, ttl)
  local numbers = string.format('%.0f|%.0f|%.0f|%.0f|%s', post.count, post.rev, post.D, post.G, epoch)
  if ttl then redis.call('SET', key, numbers, 'PX', ttl) else redis.call('SET', key, numbers, 'KEEPTTL') end
end
local function read_post(key, epoch)
  return post_of(redis.call('MGET', key)[1], epoch)
end
local PENDING_FROM = '(!~'
local function mark_of(q, name)
  local mark = redis.call('ZRANGEBYLEX', q, '[!' .. name .. '|', '(!' .. name .. '}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, #name + 3)
end
local function set_mark(q, name, value)
  local before = mark_of(q, name)
  if value then redis.call('ZADD', q, 0, '!' .. name .. '|' .. value) end
  if before and before ~= value then redis.call('ZREM', q, '!' .. name .. '|' .. before) end
end
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return nil end
  local op, d, epoch = string.match(member, '|(%d+)|%d+|(%-?%d)|([^|]*)$')
  return { op = tonumber(op), d = tonumber(d), epoch = epoch, member = member }
end
local function change_of(member, epoch)
  epoch = epoch or '!'
  local from = -#epoch - 1
  if string.sub(member, from) ~= '|' .. epoch then
    return tonumber(string.match(member, '|(%-?%d)|[^|]*$')), 1
  end
  local d = string.byte(member, from - 1) - 48
  return string.byte(member, from - 2) == 45 and -d or d, 0
end
local function pend(q, pair, op, rev, d, epoch, held)
  local member = pair .. '|' .. op .. '|' .. rev .. '|' .. d .. '|' .. epoch
  redis.call('ZADD', q, 0, member)
  if held and held.member ~= member then redis.call('ZREM', q, held.member) end
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function assert_writable(q)
  redis.call('ZADD', q, 'XX', 0, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function op_of(key, epoch, post)
  local values = redis.pcall('HMGET', key, '!', post)
  if values.err or not epoch or not values[1] then return nil end
  local of, extent = string.match(values[1], '^(.*)|(%a+)$')
  if of ~= epoch then return nil end
  local op = tonumber(string.match(values[2] or '', '^%d+'))
  return op or (extent == 'all' and 0 or nil)
end
local function set_op(key, post, op)
  redis.pcall('HSET', key, post, op)
end
local function drop_pending_op(key, post)
  local held = redis.pcall('HGET', key, post)
  if type(held) == 'string' and string.sub(held, -1) == 'p' then redis.call('HDEL', key, post) end
end
local function look(k, post, session)
  local epoch = epoch_of(k.q)
  local pair = post .. '|' .. session
  local held = pending_of(k.q, pair)
  local known = op_of(k.session, epoch, post)
  return {
    epoch = epoch, pair = pair, held = held, known = known, post = read_post(k.meta, epoch),
    newest = math.max(held and held.op or 0, known or 0),
  }
end
local function is_cold(s)
  return not (s.post and s.post.is_warm) or not (s.held or s.known)
end
local function ask_for(k, s)
  assert_writable(k.q)
  return { 'HYDRATE', s.post and s.post.is_warm and 'pair' or 'post' }
end
local function take(k, s, post, session, op, now)
  local likes = op % 2
  local before, of
  if s.held then
    before, of = s.held.op % 2 - s.held.d, s.held.epoch
  elseif s.known then
    before, of = s.known % 2, s.epoch
  else
    before, of = 1 - likes, ''
  end
  local d = likes - before
  local p = s.post and s.post.is_warm and s.post
  if p then p.rev = math.max(p.rev + 1, now) end
  pend(k.q, s.pair, int(op), p and int(p.rev) or '0', d, of, s.held)
  if p then
    local moved = d - (s.held and s.held.d or 0)
    p.count, p.D = p.count + moved, p.D + moved
    if of == '' and not s.held then p.G = p.G + 1 end
    set_post(k.meta, p, s.epoch)
    redis.pcall('SET', k.likes, int(p.count))
    if moved ~= 0 then redis.pcall('ZADD', k.rank, p.count, post) end
  end
  redis.pcall('HSET', k.session, post, int(op) .. 'p')
  redis.pcall('PERSIST', k.session)
  redis.pcall(likes == 1 and 'SADD' or 'SREM', k.sessions, post)
  if k.liked then redis.pcall(likes == 1 and 'SADD' or 'SREM', k.liked, session) end
  s.held, s.newest = { op = op }, op
end
local function reply(s)
  local p = s.post
  if not (p and p.is_warm) then return { 'COLD', int(s.newest) } end
  return {
    'WARM', int(p.count), int(p.rev), tostring(s.newest % 2), int(s.newest),
    s.held and s.held.op == s.newest and '0' or '1', p.G == 0 and '1' or '0',
  }
end
local k = { q = KEYS[1], meta = KEYS[2], session = KEYS[3], rank = KEYS[4], likes = KEYS[5], sessions = KEYS[6], liked = KEYS[7] }
local post, session, op, now, ahead = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[6])
local s = look(k, post, session)
if op <= s.newest then
  assert_primary(k.q)
else
  if ARGV[5] == 'warm' and is_cold(s) then return ask_for(k, s) end
  if ahead then
    local moment = math.max(now, math.floor(s.newest / 2), s.post and s.post.rev or 0)
    if math.floor(op / 2) > moment + ahead then
      assert_writable(k.q)
      if is_cold(s) then return { 'ASK' } end
      return { 'AHEAD', int(moment) }
    end
  end
  take(k, s, post, session, op, now)
end
return reply(s)
`,
  },
}
