-- The numbers of a warm post as (count, rev, base), or nil when it is cold: its keys are absent, torn, of another type or
-- of another epoch. count = base + SCARD catches the loss of a single key. `count` and `meta` come from MGET, which has
-- nothing for a key of another type where GET fails: one such post must not fail the whole page.
local function warm(epoch, count, meta, liked)
  if not (epoch and count and meta) then return nil end
  local rev, base, of = string.match(meta, '^(%d+)|(%-?%d+)|(.*)$')
  if of ~= epoch then return nil end
  count, base = tonumber(count), tonumber(base)
  local members = redis.pcall('SCARD', liked)
  if type(members) ~= 'number' or count ~= base + members then return nil end
  return count, tonumber(rev), base
end

-- The revision that a post's meta tells, also of a post that has become cold; 0: it tells none.
local function revision_of(meta)
  return tonumber(string.match(meta or '', '^(%d+)|')) or 0
end
