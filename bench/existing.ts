import { cpus } from 'node:os'
import { readMigrations } from '@onecount/dev-stack/migrations'
import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import postgres, { type Sql } from 'postgres'
import { repairPage } from '../packages/onecount/src/cli/connect'
import { NOTHING, type Repaired, repairAll } from '../packages/onecount/src/cli/repair'
import { quantile } from './statistics'
import { POSTS, postId } from './stores'

/** One step of adopting onecount, and the likes that the application wrote meanwhile. */
interface Step {
  step: string
  seconds: number
  p50Ms: number
  p99Ms: number
  /** The longest that a like had to wait: for a lock of the step, or for the disk. */
  maxMs: number
}

interface ExistingReport {
  machine: string
  ratings: number
  steps: Step[]
  repaired: Repaired
}

/** People of an application that writes ratings by itself, and the pause of each between two, milliseconds. */
const PEOPLE = 4
const PAUSE_MS = 10

/** The tables of an application that has counted likes by itself; one post in a hundred has fewer likes than rows. */
const fill = (ratings: number) => `
  create table profiles (id uuid primary key, username text, display_name text, bio text, avatar_url text);
  create table posts_new (id uuid primary key, author_id uuid, caption text, alt text, image_url text,
                          created_at timestamptz default now(), likes integer default 0);
  create table post_ratings (post_id uuid, session_id text, created_at timestamptz default now());
  insert into posts_new (id, likes)
  select ('50050001-aaaa-bbbb-cccc-' || lpad(to_hex(n), 12, '0'))::uuid, case when n % 100 = 0 then 0 else 1000000 end
    from generate_series(1, ${POSTS}) n;
  insert into post_ratings
  select ('50050001-aaaa-bbbb-cccc-' || lpad(to_hex(1 + n % ${POSTS}), 12, '0'))::uuid, 'session-' || n,
         now() - n % 31536000 * interval '1 second'
    from generate_series(1, ${ratings}) n;
  alter table post_ratings add unique (post_id, session_id),
    add foreign key (post_id) references posts_new (id) on delete cascade;`

/** Migrations and repair of a database that is in use: how long each takes, and how long a like waits for it. */
export async function existing({ ratings }: { ratings: number }, say: (line: string) => void) {
  say(`starting PostgreSQL and writing ${ratings} ratings …`)
  const server = await startPostgresServer()
  const sql = postgres(await server.createDatabase('bench'), { max: PEOPLE + 2, onnotice() {} })
  try {
    await sql.unsafe(fill(ratings))
    await sql.unsafe('vacuum analyze')
    const report: ExistingReport = {
      machine: `${cpus().length} cores, Node ${process.version}`,
      ratings,
      steps: [],
      repaired: { ...NOTHING },
    }
    const measured = async (step: string, work: () => Promise<unknown>) => {
      const done = await whilePeopleLike(sql, step, work)
      report.steps.push(done)
      say(`${step}: ${done.seconds} s, a like took at most ${done.maxMs} ms`)
    }
    const pause = () => new Promise(resolve => setTimeout(resolve, 3000))
    await measured('nothing, for comparison', pause)
    await measured('index, built beforehand', () =>
      sql.unsafe(
        'create index concurrently if not exists post_ratings_session_post_idx on post_ratings (session_id, post_id)',
      ),
    )
    for (const { name } of (await readMigrations()).filter(({ name }) => name.includes('onecount')))
      await measured(name.replace(/^\d+_/, ''), () => apply(sql, name))
    // As the version before left ops that came from a clock in the future: one rating in a hundred.
    await sql.begin(async transaction => {
      await transaction`select set_config('onecount.applying', 'on', true)`
      await transaction`update post_ratings set op = 9007199254740993 where session_id like '%77'`
    })
    await measured('repair', () =>
      repairAll((name, args) => repairPage(sql, name, args), { dryRun: false }, report.repaired),
    )
    await measured('repair, nothing left', () =>
      repairAll((name, args) => repairPage(sql, name, args), { dryRun: false }, { ...NOTHING }),
    )
    return { report, table: format(report) }
  } finally {
    await sql.end({ timeout: 1 })
    await server.kill()
  }
}

/** Applies one migration; those before it are there. */
async function apply(sql: Sql, last: string): Promise<void> {
  const connection = await sql.reserve()
  try {
    const only = (await readMigrations()).find(({ name }) => name === last)!
    // The roles, once.
    if (last.endsWith('onecount_tables')) await connection.unsafe(ROLES)
    await connection.unsafe(only.sql)
  } finally {
    connection.release()
  }
}

const ROLES = `
  do $$ begin
    create role anon nologin; create role authenticated nologin; create role service_role nologin bypassrls;
  exception when duplicate_object then null; end $$;
  grant usage on schema public to anon, authenticated, service_role;`

async function whilePeopleLike(sql: Sql, step: string, work: () => Promise<unknown>): Promise<Step> {
  const times: number[] = []
  let ended = false
  const person = async (who: number) => {
    for (let n = 0; !ended; n++) {
      const post = postId(1 + Math.floor(Math.random() * POSTS))
      const began = performance.now()
      await sql`insert into post_ratings (post_id, session_id) values (${post}, ${`${step}-${who}-${n}`})`
      times.push(performance.now() - began)
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
    }
  }
  const people = Array.from({ length: PEOPLE }, (_, who) => person(who))
  const started = performance.now()
  await work()
  const seconds = (performance.now() - started) / 1000
  ended = true
  await Promise.all(people)
  const round = (value: number) => Math.round(value * 10) / 10
  return {
    step,
    seconds: round(seconds),
    p50Ms: round(quantile(times, 0.5)),
    p99Ms: round(quantile(times, 0.99)),
    maxMs: round(quantile(times, 1)),
  }
}

function format({ machine, ratings, steps, repaired }: ExistingReport): string {
  const n = (value: number) => value.toLocaleString('en')
  const line = (cells: (string | number)[]) =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(28) : String(cell).padStart(10))).join('')
  return [
    `${n(ratings)} ratings of ${n(POSTS)} posts, ${machine}; the application writes ratings meanwhile`,
    line(['', 'seconds', 'p50 ms', 'p99 ms', 'most ms']),
    ...steps.map(({ step, seconds, p50Ms, p99Ms, maxMs }) => line([step, seconds, p50Ms, p99Ms, maxMs])),
    `repaired: ${n(repaired.opsInFuture)} ops in the future, ${n(repaired.likesBelowRatings)} posts with fewer likes than rows`,
  ].join('\n')
}
