-- forget: drop what is held of posts that Postgres does not have.
--
-- KEYS
--   1 rank       zset    likes:rank
--   2.. per post: likes, liked, meta, hydrating
-- ARGV
--   1 removed    '1': the posts were there before, so that what was read then may still arrive
--   2.. post     id
-- RETURNS
--   'OK'
-- include: forget
-- include: ranking

for i = 2, #ARGV do
  local k = 4 * i - 6
  forget({ likes = KEYS[k], liked = KEYS[k + 1], meta = KEYS[k + 2] }, KEYS[k + 3])
  if ARGV[1] == '1' then
    unrank_for_good(KEYS[1], ARGV[i])
  else
    unrank(KEYS[1], ARGV[i])
  end
end
return 'OK'
