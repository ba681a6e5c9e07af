import { defineConfig, type KindConfig } from 'onecount'
import { kindSql, postgresJsPort } from 'onecount/postgres'
import { describe, expect, it } from 'vitest'
import { checkKind } from '../../src/cli/doctor/postgres'
import { readCatalogue } from '../../src/cli/init/catalogue'
import { notesOn } from '../../src/cli/init/fit'
import { proposeMapping } from '../../src/cli/init/mapping'
import { named } from '../support/doctor'
import { forAllTests } from '../support/for-all-tests'
import { startApplications } from '../support/init-database'

const app = forAllTests(startApplications)
const kindOf = (config: KindConfig) => defineConfig({ kinds: { like: config } }).kinds.like
const install = (config: KindConfig = LIKE) => app.sql.unsafe(kindSql(kindOf(config)))
const propose = async () => proposeMapping({}, await readCatalogue(app.url))
const finding = async (name: string) => named(await checkKind(app.sql, kindOf(LIKE)), name)

const LIKE: KindConfig = {
  target: { table: 'posts', id: 'bigint', count: 'like_count' },
  rows: { table: 'post_likes', target: 'post_id', actor: 'user_id', createdAt: null },
  actor: 'text',
}
const tables = (more = '') => `
  create table posts (id bigint primary key, like_count integer not null default 0);
  create table post_likes (post_id bigint not null references posts on delete cascade, user_id text not null,
    unique (post_id, user_id)${more});
  insert into posts values (1, 0)`

describe('a column that says that a like was removed', () => {
  it.each([
    ['deleted_at', 'timestamptz', 'now()', 'deleted_at is not null'],
    ['isDeleted', 'boolean not null default false', 'true', '"isDeleted"'],
  ])(
    '%s: no row has it set: a note; one has: refused, and named by doctor',
    async (name, type, value, where) => {
      await app.open(tables(`, "${name}" ${type}`))
      expect(notesOn(LIKE, await readCatalogue(app.url)).join()).toContain(
        `post_likes has the column ${name}: onecount counts every row`,
      )
      await install()
      expect(await finding('rows marked as deleted')).toMatchObject({ verdict: 'ok' })
      await app.sql.unsafe(`insert into post_likes (post_id, user_id, "${name}") values (1, 'ana', ${value})`)
      const found = await finding('rows marked as deleted')
      expect(found).toMatchObject({
        verdict: 'warn',
        found: expect.stringContaining(`rows with ${name} set`),
      })
      expect(JSON.stringify(found)).toContain(
        JSON.stringify(`delete from post_likes where ${where}`).slice(1, -1),
      )
      await expect(install()).rejects.toMatchObject({
        message: expect.stringContaining(`rows of post_likes have ${name} set`),
        hint: expect.stringContaining(`delete from public.post_likes where ${where}`),
      })
    },
  )
})

describe.each(['user_id', 'post_id'])('a key on %s alone', column => {
  it('is refused by init and by the migration, and found by doctor', async () => {
    await app.open(tables())
    await install()
    await app.sql.unsafe(`create unique index one_each on post_likes (${column})`)
    await expect(propose()).rejects.toThrow(`post_likes is unique on (${column}) alone`)
    await expect(install()).rejects.toThrow(`rows of post_likes are unique on ${column} alone (one_each)`)
    expect(await finding('unique keys')).toMatchObject({
      verdict: 'fail',
      found: expect.stringContaining(`one_each (${column}) of post_likes`),
    })
  })
})

it('a trigger that asks who is signed in is named with its function', async () => {
  await app.open(`${tables()};
    create schema auth;
    create function auth.uid() returns uuid language sql as 'select null::uuid';
    create function note_person() returns trigger language plpgsql as
      $$ begin perform auth.uid(); return new; end $$;
    create trigger notes_person after insert on post_likes for each row execute function note_person()`)
  await install()
  expect(await finding('triggers that ask who is signed in')).toMatchObject({
    verdict: 'warn',
    found: expect.stringContaining('notes_person on post_likes (note_person)'),
  })
})

describe('a column that is called as a variable of onecount', () => {
  it.each([
    ['rows.actor', 'p_session'],
    ['rows.target', 'v_now'],
    ['rows.actor', 'new'],
  ])('%s %s is refused with the field', async (field, name) => {
    await app.open(tables())
    const column = field === 'rows.actor' ? 'user_id' : 'post_id'
    await app.sql.unsafe(`alter table post_likes rename column ${column} to ${name}`)
    const rows = { ...LIKE.rows, [field === 'rows.actor' ? 'actor' : 'target']: name }
    await expect(install({ ...LIKE, rows })).rejects.toThrow(
      `beside the column ${name} of post_likes (kinds.like.${field})`,
    )
  })

  it.each(['excluded', 'id', 'session', 'post_id', 'op', 'session_id'])('%s works', async name => {
    await app.open(tables())
    await app.sql.unsafe(
      `alter table post_likes rename column post_id to target; alter table post_likes rename column user_id to ${name}`,
    )
    const kind = kindOf({ ...LIKE, rows: { ...LIKE.rows, target: 'target', actor: name } })
    await app.sql.unsafe(kindSql(kind))
    const port = postgresJsPort(app.sql, { kind })
    const now = Date.now() * 1000
    const press = (op: number) => ({ postId: '1', sessionId: 'ana', op, liked: op % 2 === 1 })
    expect(await port.write([press(2 * now + 1)], now)).toMatchObject([{ state: { count: 1 } }])
    await app.sql.unsafe(`insert into post_likes (target, ${name}) values (1, 'ben')`)
    expect(await port.write([press(2 * now + 2)], now)).toMatchObject([{ state: { count: 1 } }])
    expect(await port.ratings(null, 9)).toMatchObject([{ postId: '1', sessionId: 'ben' }])
  })
})
