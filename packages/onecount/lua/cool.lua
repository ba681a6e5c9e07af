-- cool: make a post cold, so that the next reader hydrates it. Its revision stays: it must not go back.
--
-- KEYS
--   1 meta      string  post:meta:<post>
-- ARGV
-- RETURNS
--   '1' | '0': it was cold
-- include: cool

return cool(KEYS[1]) and '1' or '0'
