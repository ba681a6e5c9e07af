-- likes:lease says who drains, so that others do not do the same work beside it. It decides nothing: whoever has it not
-- may drain all the same, and a batch is the same for all.

-- Takes the lease, or keeps it. Answers for how long another one has it at most, nil: it is the caller's.
local function take_lease(lease, drainer, ttl)
  if drainer == '' then return nil end
  local holder = redis.pcall('GET', lease)
  if type(holder) == 'string' and holder ~= drainer then return string.format('%.0f', math.max(1, redis.call('PTTL', lease))) end
  redis.pcall('SET', lease, drainer, 'PX', ttl)
  return nil
end

-- Gives it back: nothing is left to drain, and whoever is pressed next may take it at once.
local function release_lease(lease, drainer)
  if drainer ~= '' and redis.pcall('GET', lease) == drainer then redis.call('DEL', lease) end
end
