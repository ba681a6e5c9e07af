import { describe, expect, it } from 'vitest'
import { renderLocksTemplate } from './kind-template'
import { buildMigrations, isGeneratedMigration, renderSupabaseMigration } from './sql-migrations'

describe('SQL migrations', () => {
  it('are ordered by number and stamped one second apart', () => {
    const { migrations, problems } = buildMigrations(
      new Map([
        ['sql/0060_late.sql', 'select 60;\n'],
        ['sql/0001_tables.sql', 'select 1;\n'],
      ]),
    )
    expect(problems).toEqual([])
    expect(migrations.map(migration => [migration.name, migration.fileName])).toEqual([
      ['0001_tables', '20261101000101_onecount_tables.sql'],
      ['0060_late', '20261101000200_onecount_late.sql'],
    ])
  })

  it('say where their copies come from', () => {
    const [migration] = buildMigrations(new Map([['sql/0001_tables.sql', 'select 1;\n']])).migrations
    const copy = renderSupabaseMigration(migration!)
    expect(copy).toMatch(
      /^-- Generated from packages\/onecount\/sql\/0001_tables\.sql .*Do not edit\.\n\nselect 1;\n$/,
    )
    expect(isGeneratedMigration(copy)).toBe(true)
    expect(isGeneratedMigration('create table posts ();')).toBe(false)
  })

  it('templates survive their generated module, dollar quotes and back slashes included', () => {
    const sql = `create function f() as $$ select '\`\${x}' ~ '\\d' $$;\n`
    const literal = /: string = (`[\s\S]*`)\n$/.exec(renderLocksTemplate(new Map([['f.sql', sql]])))![1]!
    expect(new Function(`return ${literal}`)()).toBe(sql)
  })

  it('are refused with a name out of order', () => {
    const { problems } = buildMigrations(
      new Map([
        ['sql/1_tables.sql', ''],
        ['sql/0002_a.sql', ''],
        ['sql/0002_b.sql', ''],
      ]),
    )
    expect(problems.map(problem => `${problem.file} ${problem.message}`)).toEqual([
      'sql/0002_b.sql has the same number as sql/0002_a.sql',
      'sql/1_tables.sql a migration is named NNNN_name.sql',
    ])
  })
})
