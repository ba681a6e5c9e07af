import { core, lua, POSTGRES, type Rule } from './rule'

/** What holds although no two clocks agree. */
export const CLOCK_RULES: Rule[] = [
  {
    name: 'a press without an op is given one op, however often it arrives',
    file: lua('press'),
    find: "local given = tonumber(redis.call('GET', KEYS[7]))",
    replace: 'local given = nil',
    faults: ['no op', 'request twice', 'request late'],
    seed: 8,
  },
  {
    name: 'a press without an op beats the newest op of its pair',
    file: lua('press'),
    find: 'local t = math.max(now, math.floor(s.newest / 2) + 1)',
    replace: 'local t = now',
    faults: ['servers apart', 'no op'],
  },
  {
    name: 'an op too far ahead is refused',
    file: lua('write'),
    find: 'if math.floor(op / 2) > moment + ahead then',
    replace: 'if false then',
    faults: ['client clocks'],
  },
  {
    name: 'an op too far ahead is refused by Postgres',
    file: POSTGRES,
    find: "if (given.op !== null && opTime(given.op) > newest + ahead) return 'ahead'",
    replace: '',
    faults: ['client clocks', 'redis down'],
  },
  {
    name: 'an op is judged ahead by the newest known moment, not by the clock alone',
    file: lua('write'),
    find: 'math.max(now, math.floor(s.newest / 2), s.post and s.post.rev or 0)',
    replace: 'now',
    faults: ['servers apart'],
  },
  {
    name: 'Postgres is asked before an op is refused',
    file: lua('write'),
    find: "if is_cold(s) then return { 'ASK' } end",
    replace: '',
    faults: ['servers apart', 'postgres down', 'key expired', 'short recent', 'settings apart'],
    seed: 41,
  },
  {
    name: 'a drainer whose clock is ahead forgets nothing too soon',
    file: core('drain'),
    find: '2 * Math.min(began, inRedis)',
    replace: '2 * began',
    faults: ['servers apart', 'postgres rolled back', 'short recent'],
  },
  {
    name: 'a drainer whose clock is behind forgets nothing too soon',
    file: core('drain'),
    find: '2 * Math.max(now, inRedis)',
    replace: '2 * now',
    faults: ['clock set back', 'request lost', 'postgres rolled back', 'short recent'],
    seed: 20,
  },
  {
    name: 'what had waited for long is not forgotten at once',
    file: lua('settle'),
    find: 'if tonumber(op) < late_before then',
    replace: 'if false then',
    faults: ['postgres down', 'postgres rolled back', 'short recent'],
  },
]
