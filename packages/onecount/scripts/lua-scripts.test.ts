import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { buildScripts, renderScripts } from './lua-scripts'
import { formatProblem } from './source'

const HEADER = `-- write: accept one op.
--
-- KEYS
--   1 likes   string  post:likes:<post>
-- ARGV
--   1 post    id
-- RETURNS
--   {count, rev, liked} | 'COLD'
`

/** Builds `lua/write.lua` with its fragments and returns the problems as text. */
function problemsOf(script: string, fragments: Record<string, string> = {}): string[] {
  return build(script, fragments).problems.map(formatProblem)
}

function build(script: string, fragments: Record<string, string> = {}) {
  return buildScripts(
    new Map([['lua/write.lua', script]]),
    new Map(Object.entries(fragments).map(([name, text]) => [`lua/includes/${name}.lua`, text])),
  )
}

describe('a script and its header', () => {
  it('agree without a problem', () => {
    expect(problemsOf(`${HEADER}return redis.call('GET', KEYS[1]) .. ARGV[1]\n`)).toEqual([])
  })

  it('must name the file in the purpose', () => {
    const body = 'return redis.call("GET", KEYS[1]) .. ARGV[1]\n'
    expect(problemsOf(HEADER.replace('write:', 'read:') + body)).toEqual([
      'lua/write.lua:1: the header speaks of "read", the file is "write.lua"',
    ])
    expect(problemsOf(HEADER.replace('-- write: accept one op.', '-- accepts') + body)).toEqual([
      'lua/write.lua:1: starts without its purpose: "-- write: …"',
    ])
  })

  it('must have every section', () => {
    expect(problemsOf('-- write: nothing.\nreturn 1\n')).toEqual([
      'lua/write.lua:1: the header has no section KEYS',
      'lua/write.lua:1: the header has no section ARGV',
      'lua/write.lua:1: the header has no section RETURNS',
    ])
    const silent = HEADER.replace("--   {count, rev, liked} | 'COLD'\n", '')
    expect(problemsOf(`${silent}return {KEYS[1], ARGV[1]}\n`)).toEqual([
      'lua/write.lua:7: RETURNS says nothing',
    ])
  })

  it('must declare what is used and use what is declared', () => {
    expect(problemsOf(`${HEADER}local a = KEYS[1]\nreturn a .. KEYS[2]\n`)).toEqual([
      'lua/write.lua:10: KEYS[2] is used but not declared',
      'lua/write.lua:6: ARGV 1 is declared but not used',
    ])
  })

  it('must number consecutively, with the repeated group last', () => {
    const gap = HEADER.replace('--   1 post', '--   2 post')
    expect(problemsOf(`${gap}return {KEYS[1], ARGV[2]}\n`)).toContain(
      'lua/write.lua:6: ARGV 2 is declared where 1 is next',
    )
    const early = HEADER.replace('--   1 post', '--   1.. member\n--   2 post')
    expect(problemsOf(`${early}return {KEYS[1], ARGV[2], #ARGV}\n`)).toContain(
      'lua/write.lua:7: ARGV 2 follows the repeated group, which is last',
    )
  })

  it.each(['KEYS[i + 1]', '#KEYS', 'unpack(KEYS)', 'KEYS[KEYS[1]]'])('need a repeated group for %s', use => {
    const script = `local i = ARGV[1]\nreturn {i, KEYS[1], ${use}}\n`
    const grouped = HEADER.replace(
      '-- ARGV',
      '--   2.. likes   of each post\n--          and their sets\n-- ARGV',
    )
    expect(problemsOf(grouped + script)).toEqual([])
    expect(problemsOf(HEADER + script)).toEqual([
      'lua/write.lua:10: KEYS is used through a computed index, but the header declares no repeated group "2.."',
    ])
  })

  it('need a computed index for a repeated group', () => {
    const grouped = HEADER.replace('-- ARGV', '--   2.. likes\n-- ARGV')
    expect(problemsOf(`${grouped}return {KEYS[1], KEYS[2], ARGV[1]}\n`)).toEqual([
      'lua/write.lua:5: KEYS "2.." is declared, but no computed index uses it',
    ])
  })
})

describe('keys inside a script', () => {
  const inBody = (code: string) => problemsOf(`${HEADER}local k, a = KEYS[1], ARGV[1]\n${code}\n`)

  it.each([
    "redis.call('GET', 'post:likes:1')",
    'redis.pcall("get", "post:likes:1")',
    "redis.call('DEL', 'post:likes:' .. a)",
    "redis.call('OBJECT', 'ENCODING', 'post:likes:1')",
  ])('may not be made up: %s', code => {
    expect(inBody(code)).toEqual([expect.stringMatching(/^lua\/write\.lua:10: .*pass it in KEYS$/)])
  })

  it.each([
    "redis.call('TIME')",
    "redis.call('PUBLISH', 'likes', a)",
    "redis.call('SET', k, 'value')",
    "redis.call('SADD', KEYS[1], a .. ':x')",
    "redis.call('OBJECT', 'ENCODING', k)",
  ])('may be these: %s', code => {
    expect(inBody(code)).toEqual([])
  })
})

describe('fragments', () => {
  const script = `${HEADER}-- include: apply\n-- include: pack\nreturn apply(KEYS[1], ARGV[1])\n`

  it('come in once each, where they are first asked for', () => {
    const { scripts, problems } = build(script, {
      apply: '-- apply: one op.\n-- include: pack\nlocal function apply(a, b) return pack(a) .. b end\n',
      pack: '-- pack: to text.\nlocal function pack(a) return tostring(a) end\n',
    })
    expect(problems).toEqual([])
    expect(scripts[0]!.source).toBe(
      'local function pack(a) return tostring(a) end\n' +
        'local function apply(a, b) return pack(a) .. b end\n' +
        'return apply(KEYS[1], ARGV[1])\n',
    )
  })

  it('are reported when missing or circular', () => {
    expect(problemsOf(script, { apply: 'local function apply() end\n-- include: pack\n' })).toEqual([
      'lua/includes/apply.lua:2: no fragment "includes/pack.lua"',
      'lua/write.lua:10: no fragment "includes/pack.lua"',
    ])
    expect(
      problemsOf(script, {
        apply: '-- apply: a.\n-- include: pack\n',
        pack: '-- pack: b.\n-- include: apply\n',
      }),
    ).toContain('lua/includes/pack.lua:2: fragments include each other: apply -> pack -> apply')
  })

  it('are reported at their own line, once', () => {
    const { problems } = buildScripts(
      new Map(
        ['write', 'toggle'].map(name => [
          `lua/${name}.lua`,
          `${HEADER.replace('write', name)}-- include: f\nreturn {KEYS[1], ARGV[1]}\n`,
        ]),
      ),
      new Map([['lua/includes/f.lua', '-- f: x.\nlocal a = 1\nb = a\n']]),
    )
    expect(problems.map(formatProblem)).toEqual([
      'lua/includes/f.lua:3: "b" is not local: Redis refuses globals',
    ])
  })
})

describe('the stored source', () => {
  it('has no comment-only lines, and keeps strings that look like comments', () => {
    const { scripts } = build(
      `${HEADER}--[[ a\n  long one ]]\n\nlocal s = [[\n-- not a comment\n]] -- a trailing one\n  return {s, KEYS[1], ARGV[1]}\n`,
    )
    expect(scripts[0]!.source).toBe(
      'local s = [[\n-- not a comment\n]] -- a trailing one\n  return {s, KEYS[1], ARGV[1]}\n',
    )
  })

  it('keeps empty lines inside a string', () => {
    const { scripts } = build(`${HEADER}\nreturn [[a\n\nb]] .. KEYS[1] .. ARGV[1]\n`)
    expect(scripts[0]!.source).toBe('return [[a\n\nb]] .. KEYS[1] .. ARGV[1]\n')
  })

  it('survives the generated module, with the SHA-1 of exactly what is stored', () => {
    const body = `return "\`\${x}\` \\\\n \\"" .. KEYS[1] .. ARGV[1]\n`
    const { scripts } = build(HEADER + body)
    const module = renderScripts(scripts)
    const literal = /source: (`[\s\S]*`),\n {2}\},\n\}\n/.exec(module)![1]!
    const source: string = new Function(`return ${literal}`)()
    expect(source).toBe(body)
    expect(module).toContain(`sha1: '${createHash('sha1').update(source).digest('hex')}'`)
  })
})
