-- likes:rank holds every post by its count, and marks below zero:
--   !epoch|<epoch>                 -1: every post of this epoch is in it
--   !fill|<epoch>|<token>|<page>   -1: it is being built; the filler with this token brings this page next
--   !gone|<post>                   -seconds: when Postgres was known to have the post no more
-- It is an index: no count depends on it, and a write that fails here fails no press and no batch.
local GONE_SECONDS = 600

local function is_complete(rank, epoch)
  return epoch and type(redis.pcall('ZSCORE', rank, '!epoch|' .. epoch)) == 'string'
end

local function unrank(rank, post)
  redis.pcall('ZREM', rank, post)
end

-- A page of the filler, or a batch of another drain, may have been read before the post was removed, and arrive later.
local function unrank_for_good(rank, post)
  unrank(rank, post)
  local now = tonumber(redis.call('TIME')[1])
  redis.pcall('ZADD', rank, -now, '!gone|' .. post)
  redis.pcall('ZREMRANGEBYSCORE', rank, GONE_SECONDS - now, -2)
end

-- Postgres has told that the post is there again.
local function rank_again(rank, post)
  redis.pcall('ZREM', rank, '!gone|' .. post)
end

local function is_gone_for_good(rank, post)
  local gone = redis.pcall('ZSCORE', rank, '!gone|' .. post)
  return type(gone) == 'string' and tonumber(redis.call('TIME')[1]) + tonumber(gone) <= GONE_SECONDS
end

-- Ranks a post by a count of Postgres; `is_new`: only where it is not ranked yet.
local function rank_by_postgres(rank, post, count, is_new)
  if is_gone_for_good(rank, post) then return end
  count = math.max(0, tonumber(count))
  if is_new then
    redis.pcall('ZADD', rank, 'NX', count, post)
  else
    redis.pcall('ZADD', rank, count, post)
  end
end
