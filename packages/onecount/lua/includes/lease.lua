-- likes:lease names the process that drains, `<drainer>|<until, milliseconds>`, so that others do not repeat its work. It
-- excludes no process: one without the lease may drain too, as all of them are handed the same batch.
local LEASE_KEPT = 60000

local function holder_of(lease)
  local held = redis.pcall('GET', lease)
  return string.match(type(held) == 'string' and held or '', '^(.*)|(%d+)$')
end

-- Acquires or renews the lease. Answers how long another process has it at most, nil: the caller has it.
local function take_lease(lease, drainer, ttl)
  if drainer == '' then return nil end
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  local holder, till = holder_of(lease)
  local left = (tonumber(till) or 0) - now
  -- A lease with more time left than any is given dates from before the clock was set back.
  if holder and holder ~= drainer and left > 0 and left <= tonumber(ttl) then return string.format('%.0f', left) end
  redis.pcall('SET', lease, drainer .. '|' .. string.format('%.0f', now + ttl), 'PX', LEASE_KEPT)
  return nil
end

-- Releases the lease: no op is pending, and the process that accepts the next press may take it at once.
local function release_lease(lease, drainer)
  if drainer ~= '' and holder_of(lease) == drainer then redis.call('DEL', lease) end
end
