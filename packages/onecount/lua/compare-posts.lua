-- compare-posts: read the numbers of posts, beside those that hydration would give them now. Changes nothing.
--
-- KEYS
--   1 q         zset    likes:pending
--   2.. per post: meta, likes (a mirror)
-- ARGV
--   1 receipt   of Postgres, when it was read
--   2 most      pending ops of a post that are added up
--   3.. per post: post, likes
-- RETURNS
--   {numbers, right numbers, mirror, …}: numbers are '<count>|<D>|<G>', '' for a post that is cold; the right ones are ''
--   where too many ops are pending | {'AGAIN'}: the cut has moved, read Postgres again | {'NEW'}: every post is cold
-- include: number
-- include: pending
-- include: post

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
