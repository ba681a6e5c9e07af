-- limit: take one token from every bucket, or none when one of them is empty.
--
-- KEYS
--   1.. bucket  string  likes:limit:<kind>|<key>, `tokens|at`; expires when it is full again
-- ARGV
--   1.. per bucket: tokens that it holds when full, milliseconds that filling it takes
-- RETURNS
--   {'1' | '0': allowed or refused, tokens left in each bucket…}

-- Rounded down: a bucket that causes a refusal has less than one token in the answer, too.
local function level(tokens)
  return string.format('%.3f', math.floor(tokens * 1000) / 1000)
end

-- Redis' own clock: the callers' may differ.
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
    -- A Redis that is full refuses this: the limits of each process hold then.
    redis.pcall('SET', KEYS[i], string.format('%s|%.0f', level(levels[i]), at), 'PX', math.ceil((size - levels[i]) / size * window))
  end
  out[i + 1] = level(levels[i])
end
return out
