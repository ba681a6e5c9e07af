// Generated from packages/onecount/lua by `npm run generate`. Do not edit.

/** A Lua script as it is sent to Redis, and the SHA-1 that EVALSHA knows it by. */
export interface Script {
  readonly name: string
  readonly sha1: string
  readonly source: string
}

export const SCRIPTS = {
  absent: {
    name: 'absent',
    sha1: '45438fe4b6972ecb4f8be31d7c12b2f87f3ef6d9',
    source: `local function forget(k, hydrating)
  redis.call('DEL', k.likes, k.liked, k.meta, hydrating)
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
local function rank_by_postgres(rank, post, count, is_new)
  if redis.pcall('ZSCORE', rank, '!gone|' .. post) then return end
  count = math.max(0, tonumber(count))
  if is_new then
    redis.pcall('ZADD', rank, 'NX', count, post)
  else
    redis.pcall('ZADD', rank, count, post)
  end
end
local KEPT = 10000
local absent, ttl, out = KEYS[1], tonumber(ARGV[1]), {}
local time = redis.call('TIME')
local at = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZREMRANGEBYSCORE', absent, '-inf', at)
for i = 2, #ARGV, 2 do
  local k = 2 * i - 1
  if redis.call('GET', KEYS[k + 3]) == ARGV[i + 1] then
    forget({ likes = KEYS[k], liked = KEYS[k + 1], meta = KEYS[k + 2] }, KEYS[k + 3])
    unrank(KEYS[2], ARGV[i])
    redis.pcall('ZADD', absent, at + ttl, ARGV[i])
    out[#out + 1] = ARGV[i]
  end
end
local excess = redis.call('ZCARD', absent) - KEPT
if excess > 0 then redis.call('ZREMRANGEBYRANK', absent, 0, excess - 1) end
redis.call('PEXPIRE', absent, ttl)
return out
`,
  },
  begin: {
    name: 'begin',
    sha1: 'f3bcfb49b2185e07bb6dcc9d90f1cb0644eeb14b',
    source: `local PENDING_FROM = '(!~'
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function begin_epoch(q, id)
  local epoch = id .. '.' .. table.concat(redis.call('TIME'), '.')
  redis.call('ZADD', q, 0, '!epoch|' .. epoch)
  return epoch
end
local function confirmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!nonce|', '(!nonce}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 8) or ''
end
local function home_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!home|', '(!home}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 7)
end
local function fed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!fed|', '(!fed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 6))
end
local function trimmed_before(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!forgot|', '(!forgot}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 9)) or 0
end
local function forgotten_before(q, epoch)
  local seconds, micros = string.match(epoch or '', '%.(%d+)%.(%d+)$')
  return math.max(trimmed_before(q), seconds and 2 * (tonumber(seconds) * 1000000 + tonumber(micros)) or 0)
end
local function trimmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!trimmed|', '(!trimmed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 10))
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function is_outstanding(q, nonce)
  local outstanding = redis.call('ZRANGEBYLEX', q, '[!out|', '(!out}')
  for i = #outstanding, 1, -1 do
    if string.match(outstanding[i], '^!out|%d+|(.*)$') == nonce then return true end
  end
  return false
end
local function handed_out_at(nonce)
  local seconds, micros = string.match(nonce, '%.(%d+)%.(%d+)$')
  return seconds and tonumber(seconds) * 1000000 + tonumber(micros) or 0
end
local function is_ahead_of(q, receipt)
  local confirmed = confirmed_of(q)
  return confirmed ~= '' and receipt ~= confirmed and handed_out_at(receipt) > handed_out_at(confirmed)
    and not is_outstanding(q, receipt)
end
local function confirm(q, nonce)
  local previous = confirmed_of(q)
  redis.call('ZADD', q, 0, '!nonce|' .. nonce)
  if previous ~= '' and previous ~= nonce then redis.call('ZREM', q, '!nonce|' .. previous) end
  redis.call('ZREMRANGEBYLEX', q, '[!out|', '(!out}')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return 0, nil end
  return tonumber(string.match(member, '|(%d+)|%d+$')), member
end
local function pend(q, pair, op, rev, held)
  redis.call('ZADD', q, 0, pair .. '|' .. op .. '|' .. rev)
  if held then redis.call('ZREM', q, held) end
end
local function warm(epoch, count, meta, liked)
  if not (epoch and count and meta) then return nil end
  local rev, base, of = string.match(meta, '^(%d+)|(%-?%d+)|(.*)$')
  if of ~= epoch then return nil end
  count, base = tonumber(count), tonumber(base)
  local members = redis.pcall('SCARD', liked)
  if type(members) ~= 'number' or count ~= base + members then return nil end
  return count, tonumber(rev), base
end
local function revision_of(meta)
  return tonumber(string.match(meta or '', '^(%d+)|')) or 0
end
local q, ttl, out = KEYS[1], ARGV[3], {}
local TOLD = 1000
local token = ARGV[1] .. '|' .. confirmed_of(q)
local epoch = epoch_of(q)
local held = fed_of(q)
local time = redis.call('TIME')
local at = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
for i = 1, #ARGV - 3 do
  local k, post = 4 * i - 1, ARGV[3 + i]
  local hydrating = KEYS[k + 3]
  local values = redis.call('MGET', KEYS[k], KEYS[k + 2])
  if warm(epoch, values[1], values[2], KEYS[k + 1]) then
    out[i] = { 'WARM' }
  elseif tonumber(redis.call('ZSCORE', KEYS[2], post) or 0) > at then
    out[i] = { 'ABSENT' }
  elseif not held and redis.call('SET', hydrating, token, 'NX', 'PX', ttl) then
    epoch = epoch or begin_epoch(q, ARGV[2])
    out[i] = { 'MINE', epoch, token }
  else
    local pending = redis.call('ZRANGEBYLEX', q, '[' .. post .. '|', '(' .. post .. '}', 'LIMIT', 0, TOLD)
    out[i] = { (held or #pending == TOLD) and 'HELD' or 'BUSY', pending }
  end
end
assert_primary(q)
return out
`,
  },
  collect: {
    name: 'collect',
    sha1: '6a931ee8c4698fa6e409110cc8174476d8e8910b',
    source: `local function int(n)
  return string.format('%.0f', n)
end
local PENDING_FROM = '(!~'
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function begin_epoch(q, id)
  local epoch = id .. '.' .. table.concat(redis.call('TIME'), '.')
  redis.call('ZADD', q, 0, '!epoch|' .. epoch)
  return epoch
end
local function confirmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!nonce|', '(!nonce}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 8) or ''
end
local function home_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!home|', '(!home}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 7)
end
local function fed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!fed|', '(!fed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 6))
end
local function trimmed_before(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!forgot|', '(!forgot}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 9)) or 0
end
local function forgotten_before(q, epoch)
  local seconds, micros = string.match(epoch or '', '%.(%d+)%.(%d+)$')
  return math.max(trimmed_before(q), seconds and 2 * (tonumber(seconds) * 1000000 + tonumber(micros)) or 0)
end
local function trimmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!trimmed|', '(!trimmed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 10))
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function is_outstanding(q, nonce)
  local outstanding = redis.call('ZRANGEBYLEX', q, '[!out|', '(!out}')
  for i = #outstanding, 1, -1 do
    if string.match(outstanding[i], '^!out|%d+|(.*)$') == nonce then return true end
  end
  return false
end
local function handed_out_at(nonce)
  local seconds, micros = string.match(nonce, '%.(%d+)%.(%d+)$')
  return seconds and tonumber(seconds) * 1000000 + tonumber(micros) or 0
end
local function is_ahead_of(q, receipt)
  local confirmed = confirmed_of(q)
  return confirmed ~= '' and receipt ~= confirmed and handed_out_at(receipt) > handed_out_at(confirmed)
    and not is_outstanding(q, receipt)
end
local function confirm(q, nonce)
  local previous = confirmed_of(q)
  redis.call('ZADD', q, 0, '!nonce|' .. nonce)
  if previous ~= '' and previous ~= nonce then redis.call('ZREM', q, '!nonce|' .. previous) end
  redis.call('ZREMRANGEBYLEX', q, '[!out|', '(!out}')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return 0, nil end
  return tonumber(string.match(member, '|(%d+)|%d+$')), member
end
local function pend(q, pair, op, rev, held)
  redis.call('ZADD', q, 0, pair .. '|' .. op .. '|' .. rev)
  if held then redis.call('ZREM', q, held) end
end
local function warm(epoch, count, meta, liked)
  if not (epoch and count and meta) then return nil end
  local rev, base, of = string.match(meta, '^(%d+)|(%-?%d+)|(.*)$')
  if of ~= epoch then return nil end
  count, base = tonumber(count), tonumber(base)
  local members = redis.pcall('SCARD', liked)
  if type(members) ~= 'number' or count ~= base + members then return nil end
  return count, tonumber(rev), base
end
local function revision_of(meta)
  return tonumber(string.match(meta or '', '^(%d+)|')) or 0
end
local function apply(k, post, session, op, now, only_warm, ahead, known)
  local pair = post .. '|' .. session
  local pending, held = pending_of(k.q, pair)
  local newest = math.max(pending, tonumber(redis.call('ZSCORE', k.recent, pair) or 0))
  local values = redis.call('MGET', k.likes, k.meta)
  local epoch = epoch_of(k.q)
  local count, rev, base = warm(epoch, values[1], values[2], k.liked)
  local member = redis.pcall('SISMEMBER', k.liked, session) == 1
  if known and known > op then op = known end
  if op <= newest or (only_warm and not count) then
    assert_primary(k.q)
    return newest, newest > pending, count, rev, member
  end
  if ahead then
    local moment = math.max(now, math.floor(math.max(newest, known or 0) / 2), revision_of(values[2]))
    local is_ahead = math.floor(op / 2) > moment + ahead
    local may_ask = not known and (newest == 0 or not count)
    if is_ahead or may_ask then assert_primary(k.q) end
    if may_ask and (is_ahead or op < forgotten_before(k.q, count and epoch)) then return nil, 'ASK' end
    if is_ahead then return nil, 'AHEAD', moment end
  end
  local likes = op % 2 == 1
  if count then rev = math.max(rev + 1, now) end
  pend(k.q, pair, int(op), count and int(rev) or '0', held)
  if count then
    if member ~= likes then
      redis.call(likes and 'SADD' or 'SREM', k.liked, session)
      count = redis.call(likes and 'INCR' or 'DECR', k.likes)
    end
    redis.call('SET', k.meta, int(rev) .. '|' .. int(base) .. '|' .. epoch)
    if member ~= likes then redis.pcall('ZADD', k.rank, count, post) end
  end
  redis.pcall(likes and 'SADD' or 'SREM', k.sessions, post)
  return op, false, count, rev, count and likes
end
local function reply(op, durable, count, rev, member)
  if not op then return { durable, count and int(count) } end
  if not count then return { 'COLD', int(op) } end
  return { 'WARM', int(count), int(rev), member and '1' or '0', int(op), durable and '1' or '0' }
end
local function forget(k, hydrating)
  redis.call('DEL', k.likes, k.liked, k.meta, hydrating)
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
local function rank_by_postgres(rank, post, count, is_new)
  if redis.pcall('ZSCORE', rank, '!gone|' .. post) then return end
  count = math.max(0, tonumber(count))
  if is_new then
    redis.pcall('ZADD', rank, 'NX', count, post)
  else
    redis.pcall('ZADD', rank, count, post)
  end
end
local function name_home(q, id, is_sure)
  local home = home_of(q)
  if id == '' or home == id or (home and not (is_sure and confirmed_of(q) == '')) then return home or '' end
  redis.call('ZADD', q, 0, '!home|' .. id)
  if home then redis.call('ZREM', q, '!home|' .. home) end
  return id
end
local q, recent, rank = KEYS[1], KEYS[2], KEYS[3]
local limit, after, now = ARGV[2], ARGV[3], tonumber(ARGV[4])
local OUTSTANDING = 1000
allow_when_full(q)
if fed_of(q) then return { '' } end
local nonce = ARGV[1] .. '.' .. table.concat(redis.call('TIME'), '.')
local last = redis.call('ZREVRANGEBYLEX', q, '(!out}', '[!out|', 'LIMIT', 0, 1)[1]
local seq = last and tonumber(string.match(last, '^!out|(%d+)|')) or 0
redis.call('ZADD', q, 0, string.format('!out|%015.0f|%s', seq + 1, nonce))
local excess = redis.call('ZLEXCOUNT', q, '[!out|', '(!out}') - OUTSTANDING
if excess > 0 then redis.call('ZREM', q, unpack(redis.call('ZRANGEBYLEX', q, '[!out|', '(!out}', 'LIMIT', 0, excess))) end
for i = 7, #ARGV, 3 do
  local k = 4 + 5 * (i - 7) / 3
  local keys = { likes = KEYS[k], liked = KEYS[k + 1], meta = KEYS[k + 2], sessions = KEYS[k + 3], q = q, recent = recent, rank = rank }
  if ARGV[i + 1] == '' then
    forget(keys, KEYS[k + 4])
    if ARGV[i + 2] == '' then
      unrank_for_good(rank, ARGV[i])
    else
      rank_by_postgres(rank, ARGV[i], ARGV[i + 2])
    end
  else
    apply(keys, ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), now)
  end
end
local members = redis.call('ZRANGEBYLEX', q, after == '' and PENDING_FROM or '(' .. after, '+', 'LIMIT', 0, limit)
if #members == 0 and after ~= '' then members = redis.call('ZRANGEBYLEX', q, PENDING_FROM, '+', 'LIMIT', 0, limit) end
return { nonce, confirmed_of(q), name_home(q, ARGV[5], ARGV[6] == '1'), unpack(members) }
`,
  },
  cool: {
    name: 'cool',
    sha1: 'db549fdbd439c2a466c693391ddccc97a7b03e9d',
    source: `local function cool(meta)
  local numbers = string.match(redis.call('MGET', meta)[1] or '', '^(%d+|%-?%d+|).')
  if numbers then redis.call('SET', meta, numbers) end
  return numbers ~= nil
end
return cool(KEYS[1]) and '1' or '0'
`,
  },
  fill: {
    name: 'fill',
    sha1: '03c2afb454ba1489b924fa768330f76b9942b41d',
    source: `local PENDING_FROM = '(!~'
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function begin_epoch(q, id)
  local epoch = id .. '.' .. table.concat(redis.call('TIME'), '.')
  redis.call('ZADD', q, 0, '!epoch|' .. epoch)
  return epoch
end
local function confirmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!nonce|', '(!nonce}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 8) or ''
end
local function home_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!home|', '(!home}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 7)
end
local function fed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!fed|', '(!fed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 6))
end
local function trimmed_before(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!forgot|', '(!forgot}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 9)) or 0
end
local function forgotten_before(q, epoch)
  local seconds, micros = string.match(epoch or '', '%.(%d+)%.(%d+)$')
  return math.max(trimmed_before(q), seconds and 2 * (tonumber(seconds) * 1000000 + tonumber(micros)) or 0)
end
local function trimmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!trimmed|', '(!trimmed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 10))
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function is_outstanding(q, nonce)
  local outstanding = redis.call('ZRANGEBYLEX', q, '[!out|', '(!out}')
  for i = #outstanding, 1, -1 do
    if string.match(outstanding[i], '^!out|%d+|(.*)$') == nonce then return true end
  end
  return false
end
local function handed_out_at(nonce)
  local seconds, micros = string.match(nonce, '%.(%d+)%.(%d+)$')
  return seconds and tonumber(seconds) * 1000000 + tonumber(micros) or 0
end
local function is_ahead_of(q, receipt)
  local confirmed = confirmed_of(q)
  return confirmed ~= '' and receipt ~= confirmed and handed_out_at(receipt) > handed_out_at(confirmed)
    and not is_outstanding(q, receipt)
end
local function confirm(q, nonce)
  local previous = confirmed_of(q)
  redis.call('ZADD', q, 0, '!nonce|' .. nonce)
  if previous ~= '' and previous ~= nonce then redis.call('ZREM', q, '!nonce|' .. previous) end
  redis.call('ZREMRANGEBYLEX', q, '[!out|', '(!out}')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return 0, nil end
  return tonumber(string.match(member, '|(%d+)|%d+$')), member
end
local function pend(q, pair, op, rev, held)
  redis.call('ZADD', q, 0, pair .. '|' .. op .. '|' .. rev)
  if held then redis.call('ZREM', q, held) end
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
local function rank_by_postgres(rank, post, count, is_new)
  if redis.pcall('ZSCORE', rank, '!gone|' .. post) then return end
  count = math.max(0, tonumber(count))
  if is_new then
    redis.pcall('ZADD', rank, 'NX', count, post)
  else
    redis.pcall('ZADD', rank, count, post)
  end
end
local function warm(epoch, count, meta, liked)
  if not (epoch and count and meta) then return nil end
  local rev, base, of = string.match(meta, '^(%d+)|(%-?%d+)|(.*)$')
  if of ~= epoch then return nil end
  count, base = tonumber(count), tonumber(base)
  local members = redis.pcall('SCARD', liked)
  if type(members) ~= 'number' or count ~= base + members then return nil end
  return count, tonumber(rev), base
end
local function revision_of(meta)
  return tonumber(string.match(meta or '', '^(%d+)|')) or 0
end
local q, rank, filling = KEYS[1], KEYS[2], KEYS[3]
local epoch, token, page = ARGV[1], ARGV[2], tonumber(ARGV[3])
local mark = '!fill|' .. epoch .. '|' .. token .. '|'
if epoch_of(q) ~= epoch then return 'LOST' end
if token == '' then
  if not is_complete(rank, epoch) then return 'LOST' end
elseif not redis.call('ZSCORE', rank, mark .. page) then
  return 'LOST'
end
for i = 6, #ARGV, 2 do
  local post, k = ARGV[i], 4 + 3 * (i - 6) / 2
  local values = redis.call('MGET', KEYS[k], KEYS[k + 2])
  local count = warm(epoch, values[1], values[2], KEYS[k + 1])
  if count then
    redis.call('ZADD', rank, count, post)
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
    sha1: 'd47008f5a95f0de8ff7e575fd5160b46096870de',
    source: `local function forget(k, hydrating)
  redis.call('DEL', k.likes, k.liked, k.meta, hydrating)
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
local function rank_by_postgres(rank, post, count, is_new)
  if redis.pcall('ZSCORE', rank, '!gone|' .. post) then return end
  count = math.max(0, tonumber(count))
  if is_new then
    redis.pcall('ZADD', rank, 'NX', count, post)
  else
    redis.pcall('ZADD', rank, count, post)
  end
end
for i = 1, #ARGV do
  local k = 4 * i - 2
  forget({ likes = KEYS[k], liked = KEYS[k + 1], meta = KEYS[k + 2] }, KEYS[k + 3])
  unrank_for_good(KEYS[1], ARGV[i])
end
return 'OK'
`,
  },
  install: {
    name: 'install',
    sha1: '1d85f7abdb02fda9c63dd66f4ab5b808477bbd31',
    source: `local function int(n)
  return string.format('%.0f', n)
end
local PENDING_FROM = '(!~'
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function begin_epoch(q, id)
  local epoch = id .. '.' .. table.concat(redis.call('TIME'), '.')
  redis.call('ZADD', q, 0, '!epoch|' .. epoch)
  return epoch
end
local function confirmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!nonce|', '(!nonce}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 8) or ''
end
local function home_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!home|', '(!home}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 7)
end
local function fed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!fed|', '(!fed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 6))
end
local function trimmed_before(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!forgot|', '(!forgot}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 9)) or 0
end
local function forgotten_before(q, epoch)
  local seconds, micros = string.match(epoch or '', '%.(%d+)%.(%d+)$')
  return math.max(trimmed_before(q), seconds and 2 * (tonumber(seconds) * 1000000 + tonumber(micros)) or 0)
end
local function trimmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!trimmed|', '(!trimmed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 10))
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function is_outstanding(q, nonce)
  local outstanding = redis.call('ZRANGEBYLEX', q, '[!out|', '(!out}')
  for i = #outstanding, 1, -1 do
    if string.match(outstanding[i], '^!out|%d+|(.*)$') == nonce then return true end
  end
  return false
end
local function handed_out_at(nonce)
  local seconds, micros = string.match(nonce, '%.(%d+)%.(%d+)$')
  return seconds and tonumber(seconds) * 1000000 + tonumber(micros) or 0
end
local function is_ahead_of(q, receipt)
  local confirmed = confirmed_of(q)
  return confirmed ~= '' and receipt ~= confirmed and handed_out_at(receipt) > handed_out_at(confirmed)
    and not is_outstanding(q, receipt)
end
local function confirm(q, nonce)
  local previous = confirmed_of(q)
  redis.call('ZADD', q, 0, '!nonce|' .. nonce)
  if previous ~= '' and previous ~= nonce then redis.call('ZREM', q, '!nonce|' .. previous) end
  redis.call('ZREMRANGEBYLEX', q, '[!out|', '(!out}')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return 0, nil end
  return tonumber(string.match(member, '|(%d+)|%d+$')), member
end
local function pend(q, pair, op, rev, held)
  redis.call('ZADD', q, 0, pair .. '|' .. op .. '|' .. rev)
  if held then redis.call('ZREM', q, held) end
end
local function warm(epoch, count, meta, liked)
  if not (epoch and count and meta) then return nil end
  local rev, base, of = string.match(meta, '^(%d+)|(%-?%d+)|(.*)$')
  if of ~= epoch then return nil end
  count, base = tonumber(count), tonumber(base)
  local members = redis.pcall('SCARD', liked)
  if type(members) ~= 'number' or count ~= base + members then return nil end
  return count, tonumber(rev), base
end
local function revision_of(meta)
  return tonumber(string.match(meta or '', '^(%d+)|')) or 0
end
local q, recent, rank, likes, liked, meta = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local hydrating, staging, staged_ops = KEYS[7], KEYS[8], KEYS[9]
local post, token, epoch, now, base = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local staged, ratings = tonumber(ARGV[7]), tonumber(ARGV[8])
if redis.call('GET', hydrating) ~= token then return 'LOST' end
if is_ahead_of(q, ARGV[9]) then return 'UNKNOWN' end
if staged > 0 and (redis.call('SCARD', staging) ~= staged or redis.call('ZCARD', staged_ops) ~= staged) then
  redis.call('DEL', hydrating, staging, staged_ops)
  return 'LOST'
end
for i = 10 + 2 * ratings, #ARGV, 2 do
  local pair, op = post .. '|' .. ARGV[i], tonumber(ARGV[i + 1])
  local pending, held = pending_of(q, pair)
  if op > math.max(pending, tonumber(redis.call('ZSCORE', recent, pair) or 0)) then pend(q, pair, int(op), '0', held) end
end
redis.call('DEL', liked)
local ops = {}
if staged > 0 then
  redis.call('RENAME', staging, liked)
  redis.call('PERSIST', liked)
else
  for i = 10, 8 + 2 * ratings, 2 do
    ops[ARGV[i]] = tonumber(ARGV[i + 1])
    redis.call('SADD', liked, ARGV[i])
  end
end
for _, member in ipairs(redis.call('ZRANGEBYLEX', q, '[' .. post .. '|', '(' .. post .. '}')) do
  local session, op = string.match(member, '^[^|]+|([^|]+)|(%d+)|%d+$')
  local rated = staged > 0 and tonumber(redis.call('ZSCORE', staged_ops, session) or 0) or ops[session] or 0
  op = tonumber(op)
  if op > rated then redis.call(op % 2 == 1 and 'SADD' or 'SREM', liked, session) end
end
local count = base + redis.call('SCARD', liked)
local previous = revision_of(redis.call('MGET', meta)[1])
local rev = math.max(tonumber(ARGV[6]) + 1, previous + 1, now)
redis.call('SET', likes, int(count))
redis.call('SET', meta, int(rev) .. '|' .. int(base) .. '|' .. epoch)
redis.call('DEL', hydrating, staged_ops)
redis.pcall('ZADD', rank, count, post)
for i = 10, #ARGV, 2 do
  local k = 10 + (i - 10) / 2
  redis.pcall(redis.call('SISMEMBER', liked, ARGV[i]) == 1 and 'SADD' or 'SREM', KEYS[k], post)
end
return 'OK'
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
  prepare: {
    name: 'prepare',
    sha1: '1f1b05179c73541106e118d7fd7f0ffb72d9f042',
    source: `local PENDING_FROM = '(!~'
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function begin_epoch(q, id)
  local epoch = id .. '.' .. table.concat(redis.call('TIME'), '.')
  redis.call('ZADD', q, 0, '!epoch|' .. epoch)
  return epoch
end
local function confirmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!nonce|', '(!nonce}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 8) or ''
end
local function home_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!home|', '(!home}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 7)
end
local function fed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!fed|', '(!fed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 6))
end
local function trimmed_before(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!forgot|', '(!forgot}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 9)) or 0
end
local function forgotten_before(q, epoch)
  local seconds, micros = string.match(epoch or '', '%.(%d+)%.(%d+)$')
  return math.max(trimmed_before(q), seconds and 2 * (tonumber(seconds) * 1000000 + tonumber(micros)) or 0)
end
local function trimmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!trimmed|', '(!trimmed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 10))
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function is_outstanding(q, nonce)
  local outstanding = redis.call('ZRANGEBYLEX', q, '[!out|', '(!out}')
  for i = #outstanding, 1, -1 do
    if string.match(outstanding[i], '^!out|%d+|(.*)$') == nonce then return true end
  end
  return false
end
local function handed_out_at(nonce)
  local seconds, micros = string.match(nonce, '%.(%d+)%.(%d+)$')
  return seconds and tonumber(seconds) * 1000000 + tonumber(micros) or 0
end
local function is_ahead_of(q, receipt)
  local confirmed = confirmed_of(q)
  return confirmed ~= '' and receipt ~= confirmed and handed_out_at(receipt) > handed_out_at(confirmed)
    and not is_outstanding(q, receipt)
end
local function confirm(q, nonce)
  local previous = confirmed_of(q)
  redis.call('ZADD', q, 0, '!nonce|' .. nonce)
  if previous ~= '' and previous ~= nonce then redis.call('ZREM', q, '!nonce|' .. previous) end
  redis.call('ZREMRANGEBYLEX', q, '[!out|', '(!out}')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return 0, nil end
  return tonumber(string.match(member, '|(%d+)|%d+$')), member
end
local function pend(q, pair, op, rev, held)
  redis.call('ZADD', q, 0, pair .. '|' .. op .. '|' .. rev)
  if held then redis.call('ZREM', q, held) end
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
local function rank_by_postgres(rank, post, count, is_new)
  if redis.pcall('ZSCORE', rank, '!gone|' .. post) then return end
  count = math.max(0, tonumber(count))
  if is_new then
    redis.pcall('ZADD', rank, 'NX', count, post)
  else
    redis.pcall('ZADD', rank, count, post)
  end
end
local q, rank, filling, token = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local KEPT = 1000
if fed_of(q) then return { 'HELD', '' } end
local epoch = epoch_of(q)
if is_complete(rank, epoch) then return { 'COMPLETE', epoch } end
if not redis.call('SET', filling, token, 'NX', 'PX', ARGV[3]) then return { 'BUSY', '' } end
epoch = epoch or begin_epoch(q, ARGV[2])
local gone = redis.pcall('ZRANGEBYSCORE', rank, '-inf', '(-1', 'WITHSCORES', 'LIMIT', 0, KEPT)
redis.call('UNLINK', rank)
for i = 1, #gone, 2 do redis.call('ZADD', rank, gone[i + 1], gone[i]) end
redis.call('ZADD', rank, -1, '!fill|' .. epoch .. '|' .. token .. '|0')
return { 'MINE', epoch }
`,
  },
  press: {
    name: 'press',
    sha1: 'c56871e20a796e181b2f3072905007dbb84f0141',
    source: `local function int(n)
  return string.format('%.0f', n)
end
local PENDING_FROM = '(!~'
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function begin_epoch(q, id)
  local epoch = id .. '.' .. table.concat(redis.call('TIME'), '.')
  redis.call('ZADD', q, 0, '!epoch|' .. epoch)
  return epoch
end
local function confirmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!nonce|', '(!nonce}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 8) or ''
end
local function home_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!home|', '(!home}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 7)
end
local function fed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!fed|', '(!fed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 6))
end
local function trimmed_before(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!forgot|', '(!forgot}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 9)) or 0
end
local function forgotten_before(q, epoch)
  local seconds, micros = string.match(epoch or '', '%.(%d+)%.(%d+)$')
  return math.max(trimmed_before(q), seconds and 2 * (tonumber(seconds) * 1000000 + tonumber(micros)) or 0)
end
local function trimmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!trimmed|', '(!trimmed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 10))
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function is_outstanding(q, nonce)
  local outstanding = redis.call('ZRANGEBYLEX', q, '[!out|', '(!out}')
  for i = #outstanding, 1, -1 do
    if string.match(outstanding[i], '^!out|%d+|(.*)$') == nonce then return true end
  end
  return false
end
local function handed_out_at(nonce)
  local seconds, micros = string.match(nonce, '%.(%d+)%.(%d+)$')
  return seconds and tonumber(seconds) * 1000000 + tonumber(micros) or 0
end
local function is_ahead_of(q, receipt)
  local confirmed = confirmed_of(q)
  return confirmed ~= '' and receipt ~= confirmed and handed_out_at(receipt) > handed_out_at(confirmed)
    and not is_outstanding(q, receipt)
end
local function confirm(q, nonce)
  local previous = confirmed_of(q)
  redis.call('ZADD', q, 0, '!nonce|' .. nonce)
  if previous ~= '' and previous ~= nonce then redis.call('ZREM', q, '!nonce|' .. previous) end
  redis.call('ZREMRANGEBYLEX', q, '[!out|', '(!out}')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return 0, nil end
  return tonumber(string.match(member, '|(%d+)|%d+$')), member
end
local function pend(q, pair, op, rev, held)
  redis.call('ZADD', q, 0, pair .. '|' .. op .. '|' .. rev)
  if held then redis.call('ZREM', q, held) end
end
local function warm(epoch, count, meta, liked)
  if not (epoch and count and meta) then return nil end
  local rev, base, of = string.match(meta, '^(%d+)|(%-?%d+)|(.*)$')
  if of ~= epoch then return nil end
  count, base = tonumber(count), tonumber(base)
  local members = redis.pcall('SCARD', liked)
  if type(members) ~= 'number' or count ~= base + members then return nil end
  return count, tonumber(rev), base
end
local function revision_of(meta)
  return tonumber(string.match(meta or '', '^(%d+)|')) or 0
end
local function apply(k, post, session, op, now, only_warm, ahead, known)
  local pair = post .. '|' .. session
  local pending, held = pending_of(k.q, pair)
  local newest = math.max(pending, tonumber(redis.call('ZSCORE', k.recent, pair) or 0))
  local values = redis.call('MGET', k.likes, k.meta)
  local epoch = epoch_of(k.q)
  local count, rev, base = warm(epoch, values[1], values[2], k.liked)
  local member = redis.pcall('SISMEMBER', k.liked, session) == 1
  if known and known > op then op = known end
  if op <= newest or (only_warm and not count) then
    assert_primary(k.q)
    return newest, newest > pending, count, rev, member
  end
  if ahead then
    local moment = math.max(now, math.floor(math.max(newest, known or 0) / 2), revision_of(values[2]))
    local is_ahead = math.floor(op / 2) > moment + ahead
    local may_ask = not known and (newest == 0 or not count)
    if is_ahead or may_ask then assert_primary(k.q) end
    if may_ask and (is_ahead or op < forgotten_before(k.q, count and epoch)) then return nil, 'ASK' end
    if is_ahead then return nil, 'AHEAD', moment end
  end
  local likes = op % 2 == 1
  if count then rev = math.max(rev + 1, now) end
  pend(k.q, pair, int(op), count and int(rev) or '0', held)
  if count then
    if member ~= likes then
      redis.call(likes and 'SADD' or 'SREM', k.liked, session)
      count = redis.call(likes and 'INCR' or 'DECR', k.likes)
    end
    redis.call('SET', k.meta, int(rev) .. '|' .. int(base) .. '|' .. epoch)
    if member ~= likes then redis.pcall('ZADD', k.rank, count, post) end
  end
  redis.pcall(likes and 'SADD' or 'SREM', k.sessions, post)
  return op, false, count, rev, count and likes
end
local function reply(op, durable, count, rev, member)
  if not op then return { durable, count and int(count) } end
  if not count then return { 'COLD', int(op) } end
  return { 'WARM', int(count), int(rev), member and '1' or '0', int(op), durable and '1' or '0' }
end
local k = { likes = KEYS[1], liked = KEYS[2], meta = KEYS[3], sessions = KEYS[4], q = KEYS[5], recent = KEYS[6], rank = KEYS[7] }
local post, session, now, wanted, ahead = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[6])
local was_asked, known = ARGV[5] ~= '', tonumber(ARGV[5]) or 0
local given = redis.call('GET', KEYS[8])
if given then return reply(apply(k, post, session, tonumber(given), now)) end
local pair = post .. '|' .. session
local pending = pending_of(k.q, pair)
local newest = math.max(pending, tonumber(redis.call('ZSCORE', k.recent, pair) or 0), known)
local values = redis.call('MGET', k.likes, k.meta)
local epoch = epoch_of(k.q)
local count, rev = warm(epoch, values[1], values[2], k.liked)
if not count and pending == 0 and not was_asked then return { 'COLD', '0' } end
local is_unknown = count and newest == 0
local is_behind = is_unknown and now + ahead < rev
local may_be_forgotten = is_unknown and 2 * (now - ahead) < forgotten_before(k.q, epoch)
if (is_behind or may_be_forgotten) and not was_asked then return { 'ASK' } end
local likes = wanted == '1'
if wanted == 'flip' then
  likes = newest % 2 == 0
  if count then likes = redis.pcall('SISMEMBER', k.liked, session) ~= 1 end
end
local t = math.max(now, math.floor(newest / 2) + 1)
if is_behind and ARGV[5] == '?' then t = rev + ahead + 1 end
local op = 2 * t + (likes and 1 or 0)
local state = reply(apply(k, post, session, op, now))
redis.call('SET', KEYS[8], int(op), 'PX', ARGV[7])
return state
`,
  },
  rank: {
    name: 'rank',
    sha1: '4c5f582ad67b7a98cfa8a8bf3ee49496326daab6',
    source: `local PENDING_FROM = '(!~'
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function begin_epoch(q, id)
  local epoch = id .. '.' .. table.concat(redis.call('TIME'), '.')
  redis.call('ZADD', q, 0, '!epoch|' .. epoch)
  return epoch
end
local function confirmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!nonce|', '(!nonce}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 8) or ''
end
local function home_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!home|', '(!home}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 7)
end
local function fed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!fed|', '(!fed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 6))
end
local function trimmed_before(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!forgot|', '(!forgot}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 9)) or 0
end
local function forgotten_before(q, epoch)
  local seconds, micros = string.match(epoch or '', '%.(%d+)%.(%d+)$')
  return math.max(trimmed_before(q), seconds and 2 * (tonumber(seconds) * 1000000 + tonumber(micros)) or 0)
end
local function trimmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!trimmed|', '(!trimmed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 10))
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function is_outstanding(q, nonce)
  local outstanding = redis.call('ZRANGEBYLEX', q, '[!out|', '(!out}')
  for i = #outstanding, 1, -1 do
    if string.match(outstanding[i], '^!out|%d+|(.*)$') == nonce then return true end
  end
  return false
end
local function handed_out_at(nonce)
  local seconds, micros = string.match(nonce, '%.(%d+)%.(%d+)$')
  return seconds and tonumber(seconds) * 1000000 + tonumber(micros) or 0
end
local function is_ahead_of(q, receipt)
  local confirmed = confirmed_of(q)
  return confirmed ~= '' and receipt ~= confirmed and handed_out_at(receipt) > handed_out_at(confirmed)
    and not is_outstanding(q, receipt)
end
local function confirm(q, nonce)
  local previous = confirmed_of(q)
  redis.call('ZADD', q, 0, '!nonce|' .. nonce)
  if previous ~= '' and previous ~= nonce then redis.call('ZREM', q, '!nonce|' .. previous) end
  redis.call('ZREMRANGEBYLEX', q, '[!out|', '(!out}')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return 0, nil end
  return tonumber(string.match(member, '|(%d+)|%d+$')), member
end
local function pend(q, pair, op, rev, held)
  redis.call('ZADD', q, 0, pair .. '|' .. op .. '|' .. rev)
  if held then redis.call('ZREM', q, held) end
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
local function rank_by_postgres(rank, post, count, is_new)
  if redis.pcall('ZSCORE', rank, '!gone|' .. post) then return end
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
    sha1: '9ec7c8d4fce8ee210241223e97dc6b83a1816164',
    source: `local function int(n)
  return string.format('%.0f', n)
end
local PENDING_FROM = '(!~'
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function begin_epoch(q, id)
  local epoch = id .. '.' .. table.concat(redis.call('TIME'), '.')
  redis.call('ZADD', q, 0, '!epoch|' .. epoch)
  return epoch
end
local function confirmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!nonce|', '(!nonce}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 8) or ''
end
local function home_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!home|', '(!home}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 7)
end
local function fed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!fed|', '(!fed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 6))
end
local function trimmed_before(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!forgot|', '(!forgot}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 9)) or 0
end
local function forgotten_before(q, epoch)
  local seconds, micros = string.match(epoch or '', '%.(%d+)%.(%d+)$')
  return math.max(trimmed_before(q), seconds and 2 * (tonumber(seconds) * 1000000 + tonumber(micros)) or 0)
end
local function trimmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!trimmed|', '(!trimmed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 10))
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function is_outstanding(q, nonce)
  local outstanding = redis.call('ZRANGEBYLEX', q, '[!out|', '(!out}')
  for i = #outstanding, 1, -1 do
    if string.match(outstanding[i], '^!out|%d+|(.*)$') == nonce then return true end
  end
  return false
end
local function handed_out_at(nonce)
  local seconds, micros = string.match(nonce, '%.(%d+)%.(%d+)$')
  return seconds and tonumber(seconds) * 1000000 + tonumber(micros) or 0
end
local function is_ahead_of(q, receipt)
  local confirmed = confirmed_of(q)
  return confirmed ~= '' and receipt ~= confirmed and handed_out_at(receipt) > handed_out_at(confirmed)
    and not is_outstanding(q, receipt)
end
local function confirm(q, nonce)
  local previous = confirmed_of(q)
  redis.call('ZADD', q, 0, '!nonce|' .. nonce)
  if previous ~= '' and previous ~= nonce then redis.call('ZREM', q, '!nonce|' .. previous) end
  redis.call('ZREMRANGEBYLEX', q, '[!out|', '(!out}')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return 0, nil end
  return tonumber(string.match(member, '|(%d+)|%d+$')), member
end
local function pend(q, pair, op, rev, held)
  redis.call('ZADD', q, 0, pair .. '|' .. op .. '|' .. rev)
  if held then redis.call('ZREM', q, held) end
end
local function warm(epoch, count, meta, liked)
  if not (epoch and count and meta) then return nil end
  local rev, base, of = string.match(meta, '^(%d+)|(%-?%d+)|(.*)$')
  if of ~= epoch then return nil end
  count, base = tonumber(count), tonumber(base)
  local members = redis.pcall('SCARD', liked)
  if type(members) ~= 'number' or count ~= base + members then return nil end
  return count, tonumber(rev), base
end
local function revision_of(meta)
  return tonumber(string.match(meta or '', '^(%d+)|')) or 0
end
local q, recent, session, n = KEYS[1], KEYS[2], ARGV[1], #ARGV - 1
assert_primary(q)
local epoch, numbers, pairs_, out = epoch_of(q), {}, {}, {}
for i = 1, 2 * n do numbers[i] = KEYS[2 + i] end
for i = 1, n do pairs_[i] = ARGV[1 + i] .. '|' .. session end
local values = redis.call('MGET', unpack(numbers))
local ops = session ~= '' and redis.call('ZMSCORE', recent, unpack(pairs_)) or {}
for i = 1, n do
  local liked = KEYS[2 + 2 * n + i]
  local count, rev = warm(epoch, values[i], values[n + i], liked)
  local member = count and session ~= '' and redis.call('SISMEMBER', liked, session) == 1
  local o = 5 * (i - 1)
  out[o + 1] = count and int(count) or ''
  out[o + 2] = rev and int(rev) or '0'
  out[o + 3] = member and '1' or '0'
  local pending = session ~= '' and pending_of(q, pairs_[i]) or 0
  local settled = tonumber(ops[i] or 0)
  out[o + 4] = int(math.max(pending, settled))
  out[o + 5] = settled > pending and '1' or '0'
end
return out
`,
  },
  refeed: {
    name: 'refeed',
    sha1: '1473d324093bc05ff53e0f30d249263ec5734647',
    source: `local function int(n)
  return string.format('%.0f', n)
end
local PENDING_FROM = '(!~'
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function begin_epoch(q, id)
  local epoch = id .. '.' .. table.concat(redis.call('TIME'), '.')
  redis.call('ZADD', q, 0, '!epoch|' .. epoch)
  return epoch
end
local function confirmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!nonce|', '(!nonce}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 8) or ''
end
local function home_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!home|', '(!home}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 7)
end
local function fed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!fed|', '(!fed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 6))
end
local function trimmed_before(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!forgot|', '(!forgot}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 9)) or 0
end
local function forgotten_before(q, epoch)
  local seconds, micros = string.match(epoch or '', '%.(%d+)%.(%d+)$')
  return math.max(trimmed_before(q), seconds and 2 * (tonumber(seconds) * 1000000 + tonumber(micros)) or 0)
end
local function trimmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!trimmed|', '(!trimmed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 10))
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function is_outstanding(q, nonce)
  local outstanding = redis.call('ZRANGEBYLEX', q, '[!out|', '(!out}')
  for i = #outstanding, 1, -1 do
    if string.match(outstanding[i], '^!out|%d+|(.*)$') == nonce then return true end
  end
  return false
end
local function handed_out_at(nonce)
  local seconds, micros = string.match(nonce, '%.(%d+)%.(%d+)$')
  return seconds and tonumber(seconds) * 1000000 + tonumber(micros) or 0
end
local function is_ahead_of(q, receipt)
  local confirmed = confirmed_of(q)
  return confirmed ~= '' and receipt ~= confirmed and handed_out_at(receipt) > handed_out_at(confirmed)
    and not is_outstanding(q, receipt)
end
local function confirm(q, nonce)
  local previous = confirmed_of(q)
  redis.call('ZADD', q, 0, '!nonce|' .. nonce)
  if previous ~= '' and previous ~= nonce then redis.call('ZREM', q, '!nonce|' .. previous) end
  redis.call('ZREMRANGEBYLEX', q, '[!out|', '(!out}')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return 0, nil end
  return tonumber(string.match(member, '|(%d+)|%d+$')), member
end
local function pend(q, pair, op, rev, held)
  redis.call('ZADD', q, 0, pair .. '|' .. op .. '|' .. rev)
  if held then redis.call('ZREM', q, held) end
end
local function refeed(q, recent, limit)
  local fed = fed_of(q)
  if not fed then return false end
  local ops = redis.call('ZRANGE', recent, fed, fed + limit - 1, 'WITHSCORES')
  for i = 1, #ops, 2 do
    local pair = string.match(ops[i], '^[^|]+|[^|]+')
    local pending, held = pending_of(q, pair)
    local op = tonumber(ops[i + 1])
    if op > pending then pend(q, pair, int(op), '0', held) end
  end
  local more = #ops == 2 * limit
  if more then redis.call('ZADD', q, 0, '!fed|' .. int(fed + limit)) end
  redis.call('ZREM', q, '!fed|' .. int(fed))
  return more
end
allow_when_full(KEYS[1])
return refeed(KEYS[1], KEYS[2], tonumber(ARGV[1])) and '1' or '0'
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
  resolve: {
    name: 'resolve',
    sha1: 'b83fbf973288f070c0692b04c96c35212eaff13a',
    source: `local function int(n)
  return string.format('%.0f', n)
end
local PENDING_FROM = '(!~'
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function begin_epoch(q, id)
  local epoch = id .. '.' .. table.concat(redis.call('TIME'), '.')
  redis.call('ZADD', q, 0, '!epoch|' .. epoch)
  return epoch
end
local function confirmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!nonce|', '(!nonce}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 8) or ''
end
local function home_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!home|', '(!home}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 7)
end
local function fed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!fed|', '(!fed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 6))
end
local function trimmed_before(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!forgot|', '(!forgot}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 9)) or 0
end
local function forgotten_before(q, epoch)
  local seconds, micros = string.match(epoch or '', '%.(%d+)%.(%d+)$')
  return math.max(trimmed_before(q), seconds and 2 * (tonumber(seconds) * 1000000 + tonumber(micros)) or 0)
end
local function trimmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!trimmed|', '(!trimmed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 10))
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function is_outstanding(q, nonce)
  local outstanding = redis.call('ZRANGEBYLEX', q, '[!out|', '(!out}')
  for i = #outstanding, 1, -1 do
    if string.match(outstanding[i], '^!out|%d+|(.*)$') == nonce then return true end
  end
  return false
end
local function handed_out_at(nonce)
  local seconds, micros = string.match(nonce, '%.(%d+)%.(%d+)$')
  return seconds and tonumber(seconds) * 1000000 + tonumber(micros) or 0
end
local function is_ahead_of(q, receipt)
  local confirmed = confirmed_of(q)
  return confirmed ~= '' and receipt ~= confirmed and handed_out_at(receipt) > handed_out_at(confirmed)
    and not is_outstanding(q, receipt)
end
local function confirm(q, nonce)
  local previous = confirmed_of(q)
  redis.call('ZADD', q, 0, '!nonce|' .. nonce)
  if previous ~= '' and previous ~= nonce then redis.call('ZREM', q, '!nonce|' .. previous) end
  redis.call('ZREMRANGEBYLEX', q, '[!out|', '(!out}')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return 0, nil end
  return tonumber(string.match(member, '|(%d+)|%d+$')), member
end
local function pend(q, pair, op, rev, held)
  redis.call('ZADD', q, 0, pair .. '|' .. op .. '|' .. rev)
  if held then redis.call('ZREM', q, held) end
end
local function refeed(q, recent, limit)
  local fed = fed_of(q)
  if not fed then return false end
  local ops = redis.call('ZRANGE', recent, fed, fed + limit - 1, 'WITHSCORES')
  for i = 1, #ops, 2 do
    local pair = string.match(ops[i], '^[^|]+|[^|]+')
    local pending, held = pending_of(q, pair)
    local op = tonumber(ops[i + 1])
    if op > pending then pend(q, pair, int(op), '0', held) end
  end
  local more = #ops == 2 * limit
  if more then redis.call('ZADD', q, 0, '!fed|' .. int(fed + limit)) end
  redis.call('ZREM', q, '!fed|' .. int(fed))
  return more
end
local q, recent, receipt, nonce = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
allow_when_full(q)
if receipt == confirmed_of(q) then return 'SAME' end
if is_outstanding(q, receipt) then
  confirm(q, receipt)
  return 'CONFIRMED'
end
if not is_outstanding(q, nonce) then return 'LATE' end
local epoch = epoch_of(q)
redis.call('ZADD', q, 0, '!fed|0')
if epoch then redis.call('ZREM', q, '!epoch|' .. epoch) end
confirm(q, receipt)
refeed(q, recent, tonumber(ARGV[3]))
return 'DIVERGED'
`,
  },
  settle: {
    name: 'settle',
    sha1: '1f84f6565bc9184e7d2e13f6f63ff991d2845ab8',
    source: `local function forget(k, hydrating)
  redis.call('DEL', k.likes, k.liked, k.meta, hydrating)
end
local function int(n)
  return string.format('%.0f', n)
end
local PENDING_FROM = '(!~'
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function begin_epoch(q, id)
  local epoch = id .. '.' .. table.concat(redis.call('TIME'), '.')
  redis.call('ZADD', q, 0, '!epoch|' .. epoch)
  return epoch
end
local function confirmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!nonce|', '(!nonce}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 8) or ''
end
local function home_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!home|', '(!home}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 7)
end
local function fed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!fed|', '(!fed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 6))
end
local function trimmed_before(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!forgot|', '(!forgot}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 9)) or 0
end
local function forgotten_before(q, epoch)
  local seconds, micros = string.match(epoch or '', '%.(%d+)%.(%d+)$')
  return math.max(trimmed_before(q), seconds and 2 * (tonumber(seconds) * 1000000 + tonumber(micros)) or 0)
end
local function trimmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!trimmed|', '(!trimmed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 10))
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function is_outstanding(q, nonce)
  local outstanding = redis.call('ZRANGEBYLEX', q, '[!out|', '(!out}')
  for i = #outstanding, 1, -1 do
    if string.match(outstanding[i], '^!out|%d+|(.*)$') == nonce then return true end
  end
  return false
end
local function handed_out_at(nonce)
  local seconds, micros = string.match(nonce, '%.(%d+)%.(%d+)$')
  return seconds and tonumber(seconds) * 1000000 + tonumber(micros) or 0
end
local function is_ahead_of(q, receipt)
  local confirmed = confirmed_of(q)
  return confirmed ~= '' and receipt ~= confirmed and handed_out_at(receipt) > handed_out_at(confirmed)
    and not is_outstanding(q, receipt)
end
local function confirm(q, nonce)
  local previous = confirmed_of(q)
  redis.call('ZADD', q, 0, '!nonce|' .. nonce)
  if previous ~= '' and previous ~= nonce then redis.call('ZREM', q, '!nonce|' .. previous) end
  redis.call('ZREMRANGEBYLEX', q, '[!out|', '(!out}')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return 0, nil end
  return tonumber(string.match(member, '|(%d+)|%d+$')), member
end
local function pend(q, pair, op, rev, held)
  redis.call('ZADD', q, 0, pair .. '|' .. op .. '|' .. rev)
  if held then redis.call('ZREM', q, held) end
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
local function rank_by_postgres(rank, post, count, is_new)
  if redis.pcall('ZSCORE', rank, '!gone|' .. post) then return end
  count = math.max(0, tonumber(count))
  if is_new then
    redis.pcall('ZADD', rank, 'NX', count, post)
  else
    redis.pcall('ZADD', rank, count, post)
  end
end
local function cool(meta)
  local numbers = string.match(redis.call('MGET', meta)[1] or '', '^(%d+|%-?%d+|).')
  if numbers then redis.call('SET', meta, numbers) end
  return numbers ~= nil
end
local TRIMMED_AT_ONCE = 5000
local LOOKED_AT_AT_ONCE = 2000
local function note_forgotten(q, horizon)
  local before = trimmed_before(q)
  if horizon <= before then return end
  redis.call('ZADD', q, 0, '!forgot|' .. int(horizon))
  if before > 0 then redis.call('ZREM', q, '!forgot|' .. int(before)) end
end
local function trim(q, recent, late, horizon)
  local from = trimmed_of(q)
  if redis.call('EXISTS', late) == 0 then
    if from then redis.call('ZREM', q, '!trimmed|' .. int(from)) end
    local old = math.min(TRIMMED_AT_ONCE, redis.call('ZCOUNT', recent, '-inf', '(' .. int(horizon)))
    if old > 0 then
      note_forgotten(q, horizon)
      redis.call('ZREMRANGEBYRANK', recent, 0, old - 1)
    end
    return
  end
  note_forgotten(q, horizon)
  local old = redis.call('ZRANGEBYSCORE', recent, from and int(from) or '-inf', '(' .. int(horizon), 'WITHSCORES', 'LIMIT', 0, LOOKED_AT_AT_ONCE)
  for i = 1, #old, 2 do
    if not redis.call('ZSCORE', late, old[i]) then redis.call('ZREM', recent, old[i]) end
  end
  if #old > 0 then
    local to = tonumber(old[#old])
    redis.call('ZADD', q, 0, '!trimmed|' .. int(to))
    if from and from ~= to then redis.call('ZREM', q, '!trimmed|' .. int(from)) end
  end
  for _, pair in ipairs(redis.call('ZRANGEBYSCORE', late, '-inf', '(' .. int(horizon), 'LIMIT', 0, LOOKED_AT_AT_ONCE)) do
    redis.call('ZREM', late, pair)
    local op = redis.call('ZSCORE', recent, pair)
    if op and tonumber(op) < horizon then redis.call('ZREM', recent, pair) end
  end
end
local function refuse(q, recent, meta, sessions, post, member)
  if redis.call('ZREM', q, member) == 0 then return nil end
  cool(meta)
  local pair, text = string.match(member, '^(.*)|(%d+)|%d+$')
  local op = tonumber(text)
  if tonumber(redis.call('ZSCORE', recent, pair) or 0) == op then
    note_forgotten(q, op)
    redis.call('ZREM', recent, pair)
  end
  if op % 2 == 1 then redis.pcall('SREM', sessions, post) end
  return pair, text
end
local q, recent, rank, late, nonce, now = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1], tonumber(ARGV[2])
local lasts = tonumber(ARGV[4])
allow_when_full(q)
if not is_outstanding(q, nonce) then return 'LATE' end
confirm(q, nonce)
local late_before = math.max(now - lasts, trimmed_of(q) or 0)
local function remember(name, op)
  redis.call('ZADD', recent, 'GT', op, name)
  if tonumber(op) < late_before then redis.call('ZADD', late, int(now), name) end
end
local i, k = 5, 5
while i <= #ARGV do
  local post, gone, members, refused = ARGV[i], ARGV[i + 1] == '1', tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
  if redis.call('EXISTS', KEYS[k + 3]) == 0 then
    for j = i + 4, i + 3 + members - refused do
      if redis.call('ZREM', q, ARGV[j]) == 1 and not gone then
        remember(string.match(ARGV[j], '^(.*)|(%d+)|%d+$'))
      end
    end
    if gone then
      forget({ likes = KEYS[k], liked = KEYS[k + 1], meta = KEYS[k + 2] }, KEYS[k + 3])
      unrank(rank, post)
    end
  end
  for j = 1, refused do
    local pair, op = refuse(q, recent, KEYS[k + 2], KEYS[k + 3 + j], post, ARGV[i + 3 + members - refused + j])
    if pair then remember(pair .. '|refused', op) end
  end
  i, k = i + 4 + members, k + 4 + refused
end
trim(q, recent, late, tonumber(ARGV[3]) - lasts)
return 'OK'
`,
  },
  stage: {
    name: 'stage',
    sha1: 'ad571cdc96e69018fc81b82975a451cfeaf62fe8',
    source: `local hydrating, staged, ops = KEYS[1], KEYS[2], KEYS[3]
local post, token, ttl = ARGV[1], ARGV[2], ARGV[3]
if redis.call('GET', hydrating) ~= token then return 'LOST' end
if ARGV[4] == '1' then redis.call('DEL', staged, ops) end
for i = 5, #ARGV, 2 do
  redis.call('SADD', staged, ARGV[i])
  redis.call('ZADD', ops, ARGV[i + 1], ARGV[i])
  redis.pcall('SADD', KEYS[4 + (i - 5) / 2], post)
end
redis.call('PEXPIRE', hydrating, ttl)
redis.call('PEXPIRE', staged, ttl)
redis.call('PEXPIRE', ops, ttl)
return 'OK'
`,
  },
  status: {
    name: 'status',
    sha1: '87b10d3bbb1bf6776bc107fed7f516a881678dac',
    source: `local function int(n)
  return string.format('%.0f', n)
end
local PENDING_FROM = '(!~'
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function begin_epoch(q, id)
  local epoch = id .. '.' .. table.concat(redis.call('TIME'), '.')
  redis.call('ZADD', q, 0, '!epoch|' .. epoch)
  return epoch
end
local function confirmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!nonce|', '(!nonce}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 8) or ''
end
local function home_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!home|', '(!home}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 7)
end
local function fed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!fed|', '(!fed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 6))
end
local function trimmed_before(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!forgot|', '(!forgot}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 9)) or 0
end
local function forgotten_before(q, epoch)
  local seconds, micros = string.match(epoch or '', '%.(%d+)%.(%d+)$')
  return math.max(trimmed_before(q), seconds and 2 * (tonumber(seconds) * 1000000 + tonumber(micros)) or 0)
end
local function trimmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!trimmed|', '(!trimmed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 10))
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function is_outstanding(q, nonce)
  local outstanding = redis.call('ZRANGEBYLEX', q, '[!out|', '(!out}')
  for i = #outstanding, 1, -1 do
    if string.match(outstanding[i], '^!out|%d+|(.*)$') == nonce then return true end
  end
  return false
end
local function handed_out_at(nonce)
  local seconds, micros = string.match(nonce, '%.(%d+)%.(%d+)$')
  return seconds and tonumber(seconds) * 1000000 + tonumber(micros) or 0
end
local function is_ahead_of(q, receipt)
  local confirmed = confirmed_of(q)
  return confirmed ~= '' and receipt ~= confirmed and handed_out_at(receipt) > handed_out_at(confirmed)
    and not is_outstanding(q, receipt)
end
local function confirm(q, nonce)
  local previous = confirmed_of(q)
  redis.call('ZADD', q, 0, '!nonce|' .. nonce)
  if previous ~= '' and previous ~= nonce then redis.call('ZREM', q, '!nonce|' .. previous) end
  redis.call('ZREMRANGEBYLEX', q, '[!out|', '(!out}')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return 0, nil end
  return tonumber(string.match(member, '|(%d+)|%d+$')), member
end
local function pend(q, pair, op, rev, held)
  redis.call('ZADD', q, 0, pair .. '|' .. op .. '|' .. rev)
  if held then redis.call('ZREM', q, held) end
end
local q = KEYS[1]
assert_primary(q)
local pending = redis.call('ZCARD', q) - redis.call('ZLEXCOUNT', q, '[!', PENDING_FROM)
local oldest
local fed = fed_of(q)
if fed then pending = pending + redis.call('ZCARD', KEYS[2]) - fed end
for _, member in ipairs(redis.call('ZRANGEBYLEX', q, PENDING_FROM, '+', 'LIMIT', 0, ARGV[1])) do
  local op = tonumber(string.match(member, '|(%d+)|%d+$'))
  if not oldest or op < oldest then oldest = op end
end
return { confirmed_of(q), epoch_of(q) or '', int(pending), int(oldest or 0), home_of(q) or '' }
`,
  },
  write: {
    name: 'write',
    sha1: '0e248d49ecab09907e1aaef5c8ef225387db05d8',
    source: `local function int(n)
  return string.format('%.0f', n)
end
local PENDING_FROM = '(!~'
local function epoch_of(q)
  local first = redis.call('ZRANGE', q, 0, 0)[1]
  return first and string.match(first, '^!epoch|(.+)$')
end
local function begin_epoch(q, id)
  local epoch = id .. '.' .. table.concat(redis.call('TIME'), '.')
  redis.call('ZADD', q, 0, '!epoch|' .. epoch)
  return epoch
end
local function confirmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!nonce|', '(!nonce}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 8) or ''
end
local function home_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!home|', '(!home}', 'LIMIT', 0, 1)[1]
  return mark and string.sub(mark, 7)
end
local function fed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!fed|', '(!fed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 6))
end
local function trimmed_before(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!forgot|', '(!forgot}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 9)) or 0
end
local function forgotten_before(q, epoch)
  local seconds, micros = string.match(epoch or '', '%.(%d+)%.(%d+)$')
  return math.max(trimmed_before(q), seconds and 2 * (tonumber(seconds) * 1000000 + tonumber(micros)) or 0)
end
local function trimmed_of(q)
  local mark = redis.call('ZRANGEBYLEX', q, '[!trimmed|', '(!trimmed}', 'LIMIT', 0, 1)[1]
  return mark and tonumber(string.sub(mark, 10))
end
local function assert_primary(q)
  redis.call('ZREM', q, '')
end
local function allow_when_full(q)
  redis.call('ZREM', q, '')
end
local function is_outstanding(q, nonce)
  local outstanding = redis.call('ZRANGEBYLEX', q, '[!out|', '(!out}')
  for i = #outstanding, 1, -1 do
    if string.match(outstanding[i], '^!out|%d+|(.*)$') == nonce then return true end
  end
  return false
end
local function handed_out_at(nonce)
  local seconds, micros = string.match(nonce, '%.(%d+)%.(%d+)$')
  return seconds and tonumber(seconds) * 1000000 + tonumber(micros) or 0
end
local function is_ahead_of(q, receipt)
  local confirmed = confirmed_of(q)
  return confirmed ~= '' and receipt ~= confirmed and handed_out_at(receipt) > handed_out_at(confirmed)
    and not is_outstanding(q, receipt)
end
local function confirm(q, nonce)
  local previous = confirmed_of(q)
  redis.call('ZADD', q, 0, '!nonce|' .. nonce)
  if previous ~= '' and previous ~= nonce then redis.call('ZREM', q, '!nonce|' .. previous) end
  redis.call('ZREMRANGEBYLEX', q, '[!out|', '(!out}')
end
local function pending_of(q, pair)
  local member = redis.call('ZRANGEBYLEX', q, '[' .. pair .. '|', '(' .. pair .. '}', 'LIMIT', 0, 1)[1]
  if not member then return 0, nil end
  return tonumber(string.match(member, '|(%d+)|%d+$')), member
end
local function pend(q, pair, op, rev, held)
  redis.call('ZADD', q, 0, pair .. '|' .. op .. '|' .. rev)
  if held then redis.call('ZREM', q, held) end
end
local function warm(epoch, count, meta, liked)
  if not (epoch and count and meta) then return nil end
  local rev, base, of = string.match(meta, '^(%d+)|(%-?%d+)|(.*)$')
  if of ~= epoch then return nil end
  count, base = tonumber(count), tonumber(base)
  local members = redis.pcall('SCARD', liked)
  if type(members) ~= 'number' or count ~= base + members then return nil end
  return count, tonumber(rev), base
end
local function revision_of(meta)
  return tonumber(string.match(meta or '', '^(%d+)|')) or 0
end
local function apply(k, post, session, op, now, only_warm, ahead, known)
  local pair = post .. '|' .. session
  local pending, held = pending_of(k.q, pair)
  local newest = math.max(pending, tonumber(redis.call('ZSCORE', k.recent, pair) or 0))
  local values = redis.call('MGET', k.likes, k.meta)
  local epoch = epoch_of(k.q)
  local count, rev, base = warm(epoch, values[1], values[2], k.liked)
  local member = redis.pcall('SISMEMBER', k.liked, session) == 1
  if known and known > op then op = known end
  if op <= newest or (only_warm and not count) then
    assert_primary(k.q)
    return newest, newest > pending, count, rev, member
  end
  if ahead then
    local moment = math.max(now, math.floor(math.max(newest, known or 0) / 2), revision_of(values[2]))
    local is_ahead = math.floor(op / 2) > moment + ahead
    local may_ask = not known and (newest == 0 or not count)
    if is_ahead or may_ask then assert_primary(k.q) end
    if may_ask and (is_ahead or op < forgotten_before(k.q, count and epoch)) then return nil, 'ASK' end
    if is_ahead then return nil, 'AHEAD', moment end
  end
  local likes = op % 2 == 1
  if count then rev = math.max(rev + 1, now) end
  pend(k.q, pair, int(op), count and int(rev) or '0', held)
  if count then
    if member ~= likes then
      redis.call(likes and 'SADD' or 'SREM', k.liked, session)
      count = redis.call(likes and 'INCR' or 'DECR', k.likes)
    end
    redis.call('SET', k.meta, int(rev) .. '|' .. int(base) .. '|' .. epoch)
    if member ~= likes then redis.pcall('ZADD', k.rank, count, post) end
  end
  redis.pcall(likes and 'SADD' or 'SREM', k.sessions, post)
  return op, false, count, rev, count and likes
end
local function reply(op, durable, count, rev, member)
  if not op then return { durable, count and int(count) } end
  if not count then return { 'COLD', int(op) } end
  return { 'WARM', int(count), int(rev), member and '1' or '0', int(op), durable and '1' or '0' }
end
local k = { likes = KEYS[1], liked = KEYS[2], meta = KEYS[3], sessions = KEYS[4], q = KEYS[5], recent = KEYS[6], rank = KEYS[7] }
local post, session, op, now, only_warm = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == 'warm'
return reply(apply(k, post, session, op, now, only_warm, tonumber(ARGV[7]), tonumber(ARGV[6])))
`,
  },
} as const satisfies Record<string, Script>

export type ScriptName = keyof typeof SCRIPTS
