-- forget: drop the keys of a post that was removed. Its pending ops go with the batch that finds no post. A snapshot of it
-- that was read before the removal may still arrive.
--
-- KEYS
--   1 rank      zset    likes:rank
--   2 meta      string  post:meta:<post>
--   3 likes     string  post:likes:<post>, a mirror
--   4 liked     set     post:liked:<post>, a mirror
-- ARGV
--   1 post      id
-- RETURNS
--   'OK'
-- include: ranking

redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4])
unrank_for_good(KEYS[1], ARGV[1])
return 'OK'
