-- Commands with many arguments, of which Lua unpacks some thousands at most. Even, as arguments may be pairs.
local CHUNK = 1000

-- The command for all of `items`, after the arguments that every call begins with.
local function in_chunks(command, begins, items)
  for from = 1, #items, CHUNK do
    local call = { command, unpack(begins) }
    for i = from, math.min(from + CHUNK - 1, #items) do call[#call + 1] = items[i] end
    redis.call(unpack(call))
  end
end

-- What the command answers of each of `items`, after the key if there is one.
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
