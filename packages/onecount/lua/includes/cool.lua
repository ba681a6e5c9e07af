-- Makes a post cold, so that its next reader hydrates it. Its revision stays: it must not go back. False: it was cold.
local function cool(meta)
  local numbers = string.match(redis.call('MGET', meta)[1] or '', '^(%d+|%-?%d+|).')
  if numbers then redis.call('SET', meta, numbers) end
  return numbers ~= nil
end
