-- include: queue

-- D and G of a post, added up over its pending ops; nil where there are more than `most`.
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
