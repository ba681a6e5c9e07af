-- forget: drop what is held of a post, so that the next reader finds it gone, or hydrates it.
--
-- KEYS
--   1 rank       zset    likes:rank
--   2.. per post: likes, liked, meta, hydrating
-- ARGV
--   1.. post     id
-- RETURNS
--   'OK'
-- include: forget

for i = 1, #ARGV do
  local k = 4 * i - 2
  forget({ likes = KEYS[k], liked = KEYS[k + 1], meta = KEYS[k + 2], rank = KEYS[1] }, KEYS[k + 3], ARGV[i])
end
return 'OK'
