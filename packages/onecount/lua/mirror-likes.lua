-- mirror-likes: write the counts of posts that are warm into their mirrors.
--
-- KEYS
--   1 q         zset    likes:pending
--   2.. per post: meta, likes (a mirror)
-- ARGV
-- RETURNS
--   'OK'
-- include: number
-- include: post
-- include: queue

assert_writable(KEYS[1])
local epoch = epoch_of(KEYS[1])
for i = 2, #KEYS, 2 do
  local p = read_post(KEYS[i], epoch)
  if p and p.is_warm then redis.pcall('SET', KEYS[i + 1], int(p.count)) end
end
return 'OK'
