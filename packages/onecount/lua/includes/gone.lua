-- include: queue

-- Posts that Postgres has told to be gone, as marks of the queue: `!gone|<epoch>|<post>`. Sessions may know ops on them, and
-- nothing says which sessions. So a post that is there again, as a new one, begins an epoch, in which no session is known.

-- So many of them begin one, too: what is remembered has a bound.
local MOST_GONE = 100000
-- So many marks of epochs that have ended are removed with each settle.
local SWEPT = 1000

-- Everything is cold from now on, and every d that was known is a guess. `seed`: what no other epoch is named after.
local function begin_epoch(q, seed)
  -- Short, as it stands in the numbers of every post and in every pending op.
  local epoch = string.sub(redis.sha1hex(seed), 1, 16)
  set_mark(q, 'epoch', epoch)
  return epoch
end

-- Whether it was not noted before.
local function note_gone(q, epoch, post)
  return redis.call('ZADD', q, 0, '!gone|' .. epoch .. '|' .. post) == 1
end

local function was_gone(q, epoch, post)
  return redis.call('ZSCORE', q, '!gone|' .. epoch .. '|' .. post) ~= false
end

local function are_too_many_gone(q, epoch)
  local from = '!gone|' .. epoch
  return redis.call('ZLEXCOUNT', q, '[' .. from .. '|', '(' .. from .. '}') > MOST_GONE
end

local function sweep_gone(q, epoch)
  local of = '!gone|' .. epoch
  for _, range in ipairs({ { '[!gone|', '(' .. of .. '|' }, { '[' .. of .. '}', '(!gone}' } }) do
    local stale = redis.call('ZRANGEBYLEX', q, range[1], range[2], 'LIMIT', 0, SWEPT)
    if #stale > 0 then redis.call('ZREM', q, unpack(stale)) end
  end
end
