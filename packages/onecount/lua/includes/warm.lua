-- The numbers of a warm post as (count, rev, base), or nil when it is cold: its keys are absent, torn or of
-- another epoch. count = base + SCARD catches the loss of a single key.
local function warm(epoch, count, meta, liked)
  if not (epoch and count and meta) then return nil end
  local rev, base, of = string.match(meta, '^(%d+)|(%-?%d+)|(.*)$')
  if of ~= epoch then return nil end
  count, base = tonumber(count), tonumber(base)
  if count ~= base + redis.call('SCARD', liked) then return nil end
  return count, tonumber(rev), base
end
