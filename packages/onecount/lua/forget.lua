-- forget: drop what is held of posts that were removed. What was read of them before may still arrive.
--
-- KEYS
--   1 rank       zset    likes:rank
--   2.. per post: likes, liked, meta, hydrating
-- ARGV
--   1.. post     id
-- RETURNS
--   'OK'
-- include: forget
-- include: ranking

for i = 1, #ARGV do
  local k = 4 * i - 2
  forget({ likes = KEYS[k], liked = KEYS[k + 1], meta = KEYS[k + 2] }, KEYS[k + 3])
  unrank_for_good(KEYS[1], ARGV[i])
end
return 'OK'
