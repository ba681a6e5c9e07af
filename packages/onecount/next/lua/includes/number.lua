-- Revisions and ops are integers up to 2^53; tostring would write them as 1.79e+15.
local function int(n)
  return string.format('%.0f', n)
end
