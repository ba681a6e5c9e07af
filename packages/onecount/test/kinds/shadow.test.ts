import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeys, defineConfig, type Kind, type Onecount } from 'onecount'
import { createHandler, NO_LIMITS, nodeListener } from 'onecount/http'
import type { Sql } from 'postgres'
import { afterEach, describe, expect, it } from 'vitest'
import { againAfterDeadlock } from '../support/deadlock'
import { forAllTests } from '../support/for-all-tests'
import { startKindStores } from '../support/kind-stores'
import { type Random, seeded } from '../support/random'
import { createPeople, type OldWrite, type People, type View } from '../support/shadow-people'

const BIN = join(import.meta.dirname, '../../bin/onecount.mjs')

/** An application of before onecount: its tables, and how it counts. */
interface Application {
  what: string
  idType: 'bigint' | 'uuid'
  ids: string[]
  /** Likes of before rows were kept. */
  base: number
  /** Makes the trigger that counts, if it has one. */
  counting: string
  write: OldWrite
  /** Beside the migration, in its transaction. */
  recount: string
  /** What goes at the end, in the transaction of the last migration. */
  dropOld: string
}

const addRow = (sql: Sql, article: string, user: string) =>
  sql`insert into article_likes (article_id, user_id) values (${article}, ${user}) on conflict do nothing returning 1`
const dropRow = (sql: Sql, article: string, user: string) =>
  sql`delete from article_likes where article_id = ${article} and user_id = ${user} returning 1`
const changeRow = async (sql: Sql, article: string, user: string, liked: boolean) =>
  (await (liked ? addRow : dropRow)(sql, article, user)).length > 0

/**
 * Code that counts by statements: with the row in one transaction, in either order, without one, or what it has read. It
 * locks rows and articles in another order than onecount, so that one of them may lose, also with a statement alone.
 */
const writeWithStatements: OldWrite = async (sql, article, user, liked, random) => {
  const step = liked ? 1 : -1
  const add = (tx: Sql) => tx`update articles set like_count = like_count + ${step} where id = ${article}`
  const way = random.below(4)
  if (way < 2) {
    return againAfterDeadlock(() =>
      sql.begin(async transaction => {
        const tx = transaction as unknown as Sql
        if (way === 1) await add(tx)
        const isChanged = await changeRow(tx, article, user, liked)
        if (way === 0 && isChanged) await add(tx)
        return isChanged
      }),
    ) as Promise<boolean>
  }
  const [row] = await sql`select like_count from articles where id = ${article}`
  const isChanged = await againAfterDeadlock(() => changeRow(sql, article, user, liked))
  if (way === 2 && isChanged) await againAfterDeadlock(() => add(sql))
  if (way === 3) {
    const likes = row!.like_count + step
    await againAfterDeadlock(() => sql`update articles set like_count = ${likes} where id = ${article}`)
  }
  return isChanged
}

const TRIGGER = `
  create function count_likes() returns trigger language plpgsql security definer as $$
  begin
    if tg_op = 'INSERT' then
      update articles set like_count = like_count + 1 where id = new.article_id;
    else
      update articles set like_count = like_count - 1 where id = old.article_id;
    end if;
    return null;
  end $$;
  create trigger count_likes after insert or delete on article_likes for each row execute function count_likes();

  create table article_changes (article_id uuid, likes integer);
  create function note_change() returns trigger language plpgsql security definer as $$
  begin
    insert into article_changes values (new.id, new.like_count);
    return null;
  end $$;
  create trigger note_change after update on articles for each row execute function note_change();`

const APPLICATIONS: Application[] = [
  {
    what: 'statements of its code, with bigint ids',
    idType: 'bigint',
    ids: ['1', '2', '3', '4', '9007199254740993'],
    base: 0,
    counting: '',
    write: writeWithStatements,
    recount: `
      update articles a set like_count = n.likes, onecount_like_rev = onecount_like_rev + 1
        from (select a.id, count(l.article_id) as likes
                from articles a left join article_likes l on l.article_id = a.id group by a.id) n
       where a.id = n.id and a.like_count <> n.likes;`,
    dropOld: '',
  },
  {
    what: 'a trigger, with UUIDs and likes of before rows were kept',
    idType: 'uuid',
    ids: [1, 2, 3, 4, 5].map(n => `50050001-aaaa-bbbb-cccc-ddddeeee000${n}`),
    base: 446,
    counting: TRIGGER,
    write: (sql, article, user, liked) => againAfterDeadlock(() => changeRow(sql, article, user, liked)),
    recount: '',
    dropOld: 'drop trigger count_likes on article_likes; drop function count_likes();',
  },
]

const stores = forAllTests(startKindStores)
const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

/** The application with its people, and the commands of onecount as one types them. */
async function start({ idType, ids, base, counting, write }: Application, random: Random) {
  const { like: kind } = defineConfig({
    kinds: {
      like: {
        target: { table: 'articles', id: idType, count: 'like_count' },
        rows: { table: 'article_likes', target: 'article_id', actor: 'user_id' },
        actor: 'uuid',
      },
    },
  }).kinds
  const { redis: command } = stores
  const sql = await stores.beginEmpty({ max: 16 })
  await sql.unsafe(`
    create table articles (id ${idType} primary key, like_count integer not null default 0);
    create table article_likes (
      article_id ${idType} not null references articles on delete cascade, user_id uuid not null,
      created_at timestamptz not null default now(), primary key (user_id, article_id));
    insert into articles (id, like_count) select unnest('{${ids.join(',')}}'::${idType}[]), ${base};
    ${counting}`)

  const engines = [stores.instance(kind), stores.instance(kind)]
  const url = await serve(engines[0]!)
  const views: View[] = [
    { name: 'feed', reads: 'tables', writes: 'tables' },
    { name: 'article', reads: 'tables', writes: 'tables' },
    { name: 'profile', reads: 'tables', writes: 'tables' },
  ]
  const people = createPeople({
    sql,
    engines,
    send: (article, user, liked) => send(`${url}/api/likes/${article}`, user, liked),
    write,
    liked: ids.slice(0, 2),
    toggled: ids.slice(2),
    base: new Map(ids.map(id => [id, base])),
    views,
  })
  cleanUps.push(() => people.end().catch(() => {}))
  people.begin(random.below(2 ** 30))

  const { run, startWorker } = await commands(kind, stores.databaseUrl)
  return { kind, sql, command, engines, people, views, run, startWorker }
}

/** The HTTP API, which here believes a header. */
async function serve(service: Onecount): Promise<string> {
  const session = (request: Request) => request.headers.get('x-user')
  const handler = createHandler({ service, session, anonymous: false, limits: NO_LIMITS })
  const http: Server = createServer(nodeListener(handler)).listen(0, '127.0.0.1')
  await once(http, 'listening')
  cleanUps.push(() => {
    http.closeAllConnections()
    http.close()
  })
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
}

/** The op of the press. */
async function send(url: string, user: string, liked: boolean): Promise<number> {
  const response = await fetch(url, { method: liked ? 'PUT' : 'DELETE', headers: { 'x-user': user } })
  const body = await response.text()
  if (!response.ok) throw new Error(`${response.status} ${body}`)
  return JSON.parse(body).op
}

async function commands(kind: Kind, databaseUrl: string) {
  const folder = await mkdtemp(join(tmpdir(), 'onecount-shadow-'))
  cleanUps.push(() => rm(folder, { recursive: true }))
  await writeFile(
    join(folder, 'onecount.config.mjs'),
    `export default ${JSON.stringify({ kinds: { like: kind } })}`,
  )
  const options = {
    cwd: folder,
    maxBuffer: 2 ** 24,
    env: {
      NODE_ENV: 'test' as const,
      PATH: process.env.PATH,
      REDIS_URL: stores.redisUrl,
      DATABASE_URL: databaseUrl,
      ONECOUNT_SECRET: 'x'.repeat(40),
    },
  }
  return {
    /** What a command prints. @throws where it does not end with 0 */
    run: (...args: string[]) =>
      new Promise<string>((resolve, reject) =>
        execFile(process.execPath, [BIN, ...args], options, (error, out, err) =>
          error ? reject(new Error(`onecount ${args.join(' ')}: ${error.code}\n${out}${err}`)) : resolve(out),
        ),
      ),
    startWorker() {
      const child = spawn(process.execPath, [BIN, 'worker'], {
        ...options,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let said = ''
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', data => {
          said += data
        })
      const ended = once(child, 'exit')
      const end = async (signal: NodeJS.Signals) => {
        child.kill(signal)
        await ended
      }
      cleanUps.push(() => end('SIGKILL'))
      return { end, said: () => said }
    },
  }
}

/** All of it in one transaction, and again where it was the one that lost a deadlock. */
const apply = (sql: Sql, ...texts: string[]) =>
  againAfterDeadlock(() => sql.begin(tx => tx.unsafe(texts.join('\n'))))

type Started = Awaited<ReturnType<typeof start>>

/** A worker that has drained, from when on Redis is to follow within seconds. */
async function drainWith({ sql, people, startWorker }: Started) {
  const receipt = async () => (await sql`select nonce from onecount_like_receipt`)[0]!.nonce
  const before = await receipt()
  const worker = startWorker()
  await expect
    .poll(receipt)
    .not.toBe(before)
    .catch(error => {
      // Where no person presses any more, no op is left to drain.
      people.assertWell()
      throw new Error(`the worker does not drain: ${worker.said()}`, { cause: error })
    })
  people.drainIsUp()
  return worker
}

/**
 * Both stores hold what the people wanted, no more and no less, once no person presses: what Redis has accepted is in the
 * tables, and what old code has written in Redis, with the next batches of the worker.
 */
async function expectAgreement({ people, run, sql, command, kind }: Started, { ids, base }: Application) {
  const keys = createKeys('', kind.keyPrefix)
  const held = (id: string) => command.smembers(keys.liked(id)).then(likers => likers.sort())
  await people.quiet(async () => {
    await people.expectArrival()
    const wanted = ids.map(people.likersOf)
    await expect
      .poll(() => Promise.all(ids.map(held)))
      .toEqual(wanted)
      .catch(async error => {
        const inTables = await Promise.all(ids.map(id => likersInTables(sql, id)))
        const strays = async (id: string, n: number) => {
          const likers = await held(id)
          const one = [...likers, ...wanted[n]!].find(
            user => likers.includes(user) !== wanted[n]!.includes(user),
          )
          if (!one) return []
          return {
            id,
            user: one,
            isWanted: wanted[n]!.includes(one),
            isInTables: inTables[n]!.includes(one),
            ops: await command.hgetall(keys.ops(one)),
            recent: await command.zscore(keys.recent, `${id}|${one}`),
            rows: await sql`select * from article_likes where article_id = ${id} and user_id = ${one}`,
            tombstones:
              await sql`select * from onecount_like_tombstones where post_id = ${id} and session_id = ${one}`,
          }
        }
        const found = await Promise.all(ids.map(strays))
        throw new Error(`a mirror differs: ${JSON.stringify(found.flat())}`, { cause: error })
      })
    await expect
      .poll(() => Promise.all(ids.map(id => likersInTables(sql, id))))
      .toEqual(ids.map(people.likersOf))
    expect(JSON.parse(await run('verify', '--json'))).toMatchObject({ posts: ids.length, differences: 0 })
    await expectTables(sql, people, ids, base)
    for (const id of ids)
      expect(await command.get(keys.likes(id))).toBe(String(base + people.likersOf(id).length))
  })
}

async function likersInTables(sql: Sql, id: string): Promise<string[]> {
  const rows = await sql`select user_id from article_likes where article_id = ${id} order by user_id`
  return rows.map(row => row.user_id)
}

async function expectTables(sql: Sql, people: People, ids: string[], base: number): Promise<void> {
  for (const id of ids) {
    const likers = people.likersOf(id)
    expect(await likersInTables(sql, id)).toEqual(likers)
    const [article] = await sql`select like_count from articles where id = ${id}`
    expect(article!.like_count, id).toBe(base + likers.length)
  }
}

describe.each(APPLICATIONS)('an application that counts by $what', application => {
  it('moves to onecount while people like, one view at a time, and a step back', () =>
    seeded(async random => {
      const started = await start(application, random)
      const { people, views, run, sql } = started
      const [feed, ...others] = views as [View, ...View[]]
      await people.more(20, 0)

      // The migration, while old code writes and counts.
      await apply(sql, await run('migration', '--shadow'), application.recount)
      people.beginReading(random.below(2 ** 30))
      await people.more(20, 0)
      await people.quiet(() => expectTables(sql, people, application.ids, application.base))

      await run('backfill')
      let worker = await drainWith(started)
      await people.more(40, 0)
      await run('verify')
      await expectAgreement(started, application)

      // Reads of one view, and of the others.
      feed.reads = 'engine'
      await people.more(40, 0)
      await expectAgreement(started, application)
      for (const view of others) view.reads = 'engine'
      await people.more(40, 0)
      await expectAgreement(started, application)

      // Writes of one view; a drain that is killed loses nothing, and the next one goes on.
      feed.writes = 'engine'
      await people.more(40, 20)
      people.drainIsDown()
      await worker.end('SIGKILL')
      await people.more(0, 20)
      worker = await drainWith(started)
      await people.more(40, 20)
      await expectAgreement(started, application)

      // A step back, and forward again.
      feed.writes = 'tables'
      for (const view of others) view.reads = 'tables'
      await people.more(40, 0)
      await expectAgreement(started, application)
      for (const view of views) Object.assign(view, { reads: 'engine', writes: 'engine' })
      await people.more(0, 60)
      await expectAgreement(started, application)

      // What counted before goes, and shadow mode with it: after the migration as documented, or before it.
      const texts = [await run('migration'), application.dropOld]
      await apply(sql, ...(random.chance(0.5) ? texts : texts.reverse()))
      await people.more(0, 60)
      await expectAgreement(started, application)
      await people.end()
      await worker.end('SIGTERM')
    }))

  it('goes all the way back while people like, and counts by itself again', () =>
    seeded(async random => {
      const started = await start(application, random)
      const { people, views, run, sql } = started
      await apply(sql, await run('migration', '--shadow'), application.recount)
      await run('backfill')
      const worker = await drainWith(started)
      for (const view of views) Object.assign(view, { reads: 'engine', writes: 'engine' })
      await people.more(0, 60)

      for (const view of views) view.reads = 'tables'
      await people.more(0, 20)
      for (const view of views) view.writes = 'tables'
      await people.more(40, 0)
      await expectAgreement(started, application)
      people.drainIsDown()
      await worker.end('SIGTERM')
      await run('worker', '--once')
      await apply(sql, await run('uninstall'))
      if (application.counting) {
        await people.more(40, 0)
        await people.end()
        await expectTables(sql, people, application.ids, application.base)
      }
    }))
})
