import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findPostgresBin } from './find-postgres'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'onecount-find-'))
})
afterEach(() => rmSync(home, { recursive: true }))

function install(version: string, programs = ['initdb', 'postgres']): string {
  const bin = join(home, version, 'bin')
  mkdirSync(bin, { recursive: true })
  for (const program of programs) writeFileSync(join(bin, program), '', { mode: 0o755 })
  return bin
}

describe("PostgreSQL's programs", () => {
  it('are those of the newest complete version from 14 on', () => {
    install('9')
    install('13')
    const bin = install('15')
    install('16', ['psql'])
    expect(findPostgresBin({ path: [], homes: [join(home, 'nowhere'), home] })).toBe(bin)
    const newer = install('postgresql@17')
    expect(findPostgresBin({ path: [], homes: [home] })).toBe(newer)
  })

  it('are those on PATH where it has both', () => {
    install('17')
    const [half, whole] = [install('half', ['postgres']), install('whole')]
    expect(findPostgresBin({ path: [half, whole], homes: [home] })).toBe(whole)
    expect(findPostgresBin({ path: [half], homes: [] })).toBeUndefined()
  })
})
