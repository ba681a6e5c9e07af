-- Drops what is held of a post: it is gone, or its numbers were changed by hand. What is pending stays, and nobody who
-- has read it from Postgres before may install it.
local function forget(k, hydrating)
  redis.call('DEL', k.likes, k.liked, k.meta, hydrating)
end
