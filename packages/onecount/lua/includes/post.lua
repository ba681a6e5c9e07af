-- include: number

-- The numbers of a post, `count|rev|D|G|epoch`, or nil. D is the sum of d of its pending ops, G how many of them are
-- guesses. A post is warm in the epoch of its numbers alone.
local function post_of(meta, epoch)
  local count, rev, D, G, of = string.match(meta or '', '^(%-?%d+)|(%d+)|(%-?%d+)|(%d+)|(.*)$')
  if not count then return nil end
  return {
    count = tonumber(count), rev = tonumber(rev), D = tonumber(D), G = tonumber(G),
    is_warm = epoch ~= nil and of == epoch,
  }
end

-- Added to G between the slices of a batch that has resolved a guess, so that the count lags until its slice tells it.
local TOLD_LATER = 1000000000

-- With `ttl`, milliseconds, the post expires then, also if it changes meanwhile: a missing one is cold.
local function set_post(key, post, epoch, ttl)
  local numbers = string.format('%.0f|%.0f|%.0f|%.0f|%s', post.count, post.rev, post.D, post.G, epoch)
  if ttl then redis.call('SET', key, numbers, 'PX', ttl) else redis.call('SET', key, numbers, 'KEEPTTL') end
end

-- MGET has nothing for a key of another type, where GET fails.
local function read_post(key, epoch)
  return post_of(redis.call('MGET', key)[1], epoch)
end
