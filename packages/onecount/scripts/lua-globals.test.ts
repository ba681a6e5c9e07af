import { describe, expect, it } from 'vitest'
import { checkGlobals } from './lua-globals'
import { tokenize } from './lua-tokens'
import { toLines } from './source'

function globalsIn(source: string): string[] {
  const tokens = tokenize(source).filter(token => token.kind !== 'comment')
  return checkGlobals(tokens, toLines('a.lua', source)).map(({ line, message }) => `${line}: ${message}`)
}

describe('global names in a script', () => {
  it('are reported where they are assigned', () => {
    expect(globalsIn('local a = 1\nb = a')).toEqual(['2: "b" is not local: Redis refuses globals'])
    expect(globalsIn('function f() end')).toEqual(['1: "f" is not local: Redis refuses globals'])
    expect(globalsIn('string = 1')).toEqual(['1: assigns to the global "string"'])
    expect(globalsIn('local a\na, b = 1, 2')).toEqual(['2: "b" is not local: Redis refuses globals'])
  })

  it('are reported where they are only read', () => {
    expect(globalsIn('local count = 1\nreturn cuont')).toEqual([
      '2: "cuont" is not local: Redis refuses globals',
    ])
  })

  it('include a local whose block has ended', () => {
    expect(globalsIn('if true then\n local a = 1\nend\nreturn a')).toHaveLength(1)
    expect(globalsIn('for i = 1, 2 do end\nreturn i')).toHaveLength(1)
    expect(globalsIn('local function f(x) return x end\nreturn f(x)')).toHaveLength(1)
  })

  it.each([
    'local a, b = 1, 2\na, b = b, a',
    'local t = { key = 1, [2] = 3; other = 4 }\nt.field = t.key',
    'local t = {}\nt.x = function(self, ...) local y = self; return y, ... end',
    'for i, v in ipairs(KEYS) do local w = i .. v; redis.call("SET", w, w) end',
    'local function fact(n) if n == 0 then return 1 else return n * fact(n - 1) end end\nreturn fact(3)',
    'local a = 0\nrepeat\n local done = a > 3\n a = a + 1\nuntil done',
    'local a = 1\nwhile a < 3 do a = a + 1 end\nif a == 1 then return 1 elseif a == 2 then return 2 end',
    'local s = "x = 1" -- y = 2\nreturn s:upper()',
  ])('are not seen in: %s', source => {
    expect(globalsIn(source)).toEqual([])
  })
})
