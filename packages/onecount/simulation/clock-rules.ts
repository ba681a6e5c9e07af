import type { Rule } from './rules'

const APPLY = 'lua/includes/apply.lua'
const PRESS = 'lua/press.lua'
const DRAIN = 'src/core/drain-scripts.ts'
const POSTGRES = 'simulation/memory-postgres.ts'

/** What holds although no two clocks agree. */
export const CLOCK_RULES: Rule[] = [
  {
    name: 'an op too far ahead is refused',
    file: APPLY,
    find: 'local is_ahead = math.floor(op / 2) > moment + ahead',
    replace: 'local is_ahead = false',
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
    name: 'an op is ahead only of what is newest',
    file: APPLY,
    find: 'math.max(now, math.floor(math.max(newest, known or 0) / 2), revision_of(values[2]))',
    replace: 'now',
    faults: ['servers apart'],
  },
  {
    name: 'a press without an op beats what is there',
    file: PRESS,
    find: 'local t = math.max(now, math.floor(newest / 2) + 1)',
    replace: 'local t = now',
    faults: ['servers apart', 'no op'],
  },
  {
    name: 'a clock that is behind asks for what is forgotten',
    file: PRESS,
    find: "if (is_behind or may_be_forgotten) and not was_asked then return { 'ASK' } end",
    replace: '',
    faults: ['clock set back', 'no op', 'short recent'],
  },
  {
    name: 'a press without an op is given one op, however often it arrives',
    file: PRESS,
    find: 'if given then return reply(apply(k, post, session, tonumber(given), now)) end',
    replace: '',
    faults: ['no op', 'request twice', 'request late'],
  },
  {
    name: 'Postgres is asked of an op that is older than what is remembered',
    file: APPLY,
    find: 'if may_ask and (is_ahead or op < forgotten_before(k.q, count and epoch)) then',
    replace: 'if may_ask and is_ahead then',
    faults: ['replays', 'short recent'],
  },
  {
    name: 'Postgres is asked before an op is refused',
    file: APPLY,
    find: 'local may_ask = not known and (newest == 0 or not count)',
    replace: 'local may_ask = false',
    faults: ['servers apart', 'short recent', 'replays'],
  },
  {
    name: 'a drainer whose clock is ahead forgets nothing too soon',
    file: DRAIN,
    find: '2 * Math.min(began, inRedis)',
    replace: '2 * began',
    faults: ['servers apart', 'postgres rolled back', 'short recent'],
  },
  {
    name: 'a drainer whose clock is behind forgets nothing too soon',
    file: DRAIN,
    find: '2 * Math.max(ctx.now(), inRedis)',
    replace: '2 * ctx.now()',
    faults: ['clock set back', 'postgres down', 'postgres rolled back', 'short recent'],
  },
]
