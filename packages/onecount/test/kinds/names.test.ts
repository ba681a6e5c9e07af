import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { DEFAULT_KIND_CONFIG, defineConfig } from 'onecount'
import { kindSql } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MIGRATIONS } from '../../src/postgres/migrations'
import { quoteName } from '../../src/postgres/names'
import { connect } from '../support/databases'
import { forAllTests } from '../support/for-all-tests'

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let sql: Sql
beforeAll(() => {
  sql = connect(server.url, { max: 1 })
})
afterAll(() => sql.end())

describe('names in SQL', () => {
  it('stand in quotes where PostgreSQL takes them for something else', async () => {
    const words = await sql`select word from pg_get_keywords() where catcode <> 'U'`
    expect(words.length).toBeGreaterThan(100)
    for (const { word } of words) expect(quoteName(word)).toBe(`"${word}"`)
  })

  it('are those that quote_ident makes', async () => {
    for (const name of [
      'articles',
      'like_count',
      'Articles',
      'old articles',
      'order',
      'user',
      '1st',
      'é',
      'a.b',
    ]) {
      const [row] = await sql`select quote_ident(${name}) as quoted`
      expect(quoteName(name)).toBe(row!.quoted)
    }
  })
})

describe('the names of kinds', () => {
  it('make no function that the default kind has', () => {
    const functions = MIGRATIONS.flatMap(({ sql }) => [
      ...sql.matchAll(/function public\.onecount_([a-z]+)/g),
    ])
    const words = new Set(functions.map(match => match[1]!))
    expect(words.size).toBeGreaterThan(30)
    for (const name of words) {
      const kind = { ...DEFAULT_KIND_CONFIG, target: { ...DEFAULT_KIND_CONFIG.target, table: 'articles' } }
      expect(() => defineConfig({ kinds: { [name]: kind } }), name).toThrow(`is a name of onecount's own`)
    }
  })

  it('and its tables are all that its SQL has of onecount', () => {
    const { fav } = defineConfig({
      kinds: {
        fav: {
          target: { table: 'notes', id: 'uuid', column: 'nr', count: 'n' },
          rows: { table: 'favs', target: 'note', actor: 'who' },
        },
      },
    }).kinds
    const text = kindSql(fav)
    expect(text).toContain('onecount 0.')
    expect(text).toContain('kind fav')
    expect(
      text.match(/.*(posts_new|post_ratings|\blike_(log|receipt|unseen|settings)|\{\{).*/)?.[0],
    ).toBeUndefined()
    const made = [...text.matchAll(/\bonecount_[a-z_]+/g)].map(match => match[0])
    expect(made.filter(name => !name.startsWith('onecount_fav_') && name !== 'onecount_op')).toEqual([])
  })
})
