import { randomUUID } from 'node:crypto'
import { awakeNow } from '@onecount/dev-stack/awake'
import type { Onecount } from 'onecount'
import type { Sql } from 'postgres'
import { expect } from 'vitest'
import { createRandom, type Random } from './random'

/** Where a view of the application reads and writes at the moment: tables as before onecount, or the engine. */
export interface View {
  name: string
  reads: 'tables' | 'engine'
  writes: 'tables' | 'engine'
}

/**
 * How the application wrote likes before onecount; one press, made as its user pressed. Whether a row came or went: where
 * it did not, nothing was pressed.
 */
export type OldWrite = (
  sql: Sql,
  articleId: string,
  userId: string,
  liked: boolean,
  random: Random,
) => Promise<boolean>

export interface PeopleOptions {
  sql: Sql
  engines: Onecount[]
  /** A press through the HTTP API, and the op that it is acknowledged with; rejects unless it is. */
  send(articleId: string, userId: string, liked: boolean): Promise<number>
  write: OldWrite
  /** Articles that are liked and never unliked: their counts never fall. */
  liked: string[]
  /** Articles whose likes come and go. */
  toggled: string[]
  /** Likes of each article before the people came. */
  base: Map<string, number>
  views: View[]
}

/** By when Redis shows what old code has committed, milliseconds in which this process was not put to sleep. */
const LAG_MS = 5000
const PEOPLE = 6
/** So that the presses of a whole walk stay a few thousand. */
const PACE_MS = 15

/**
 * People who like all the time, through whichever view, and readers who check every number that they see. Each person
 * does one thing after another and presses by the state on the screen: through a view of the tables only where it shows what
 * the person did last. It may show the same by chance, of before the person's last two presses through the engine: then
 * the drain may bring the first of them between the look and the press, which finds no row to change.
 */
export function createPeople({ sql, engines, send, write, liked, toggled, base, views }: PeopleOptions) {
  /** Of each pair what its person wanted last. */
  const wishes = new Map<string, boolean>()
  /** Of each article that is only liked: presses that began, and when the others were acknowledged. */
  const begun = new Map(liked.map(id => [id, 0]))
  const committed = new Map<string, number[]>(liked.map(id => [id, []]))
  const acknowledged = new Map<string, number[]>(liked.map(id => [id, []]))
  /** Of each pair that was pressed through the engine: its last op, until the tables are seen to have it. */
  const onTheWay = new Map<string, number>()
  const presses = { tables: 0, engine: 0 }
  /** Since when a drain has run without a break; until then nothing is due. */
  let drainingSince = Number.POSITIVE_INFINITY
  let failure: unknown
  let isOver = false
  let held: Promise<void> | undefined
  let release = () => {}
  const atWork = new Set<Promise<void>>()

  const pairOf = (articleId: string, userId: string) => `${articleId}|${userId}`
  const isDue = (at: number, now: number) => Math.max(at, drainingSince) + LAG_MS < now

  async function isInTables(articleId: string, userId: string): Promise<boolean> {
    return (
      (await sql`select from article_likes where article_id = ${articleId} and user_id = ${userId}`).length >
      0
    )
  }

  /** Of these pairs those whose last press through the engine is not in the tables yet. */
  async function stillOnTheWay(pairs: string[]): Promise<string[]> {
    const [articles, users] = [0, 1].map(n => pairs.map(pair => pair.split('|')[n]!)) as [string[], string[]]
    const ops = pairs.map(pair => String(onTheWay.get(pair)))
    const rows = await sql`
      select article_id || '|' || user_id as pair
        from unnest(${articles}::text[], ${users}::uuid[], ${ops}::bigint[]) as e (article_id, user_id, op)
       where not exists (
               select from article_likes l
                where l.article_id::text = e.article_id and l.user_id = e.user_id and l.onecount_op >= e.op)
         and not exists (
               select from onecount_like_tombstones t
                where t.post_id::text = e.article_id and t.session_id = e.user_id and t.op >= e.op)`
    const missing = new Set(rows.map(row => row.pair as string))
    for (const pair of pairs) if (!missing.has(pair)) onTheWay.delete(pair)
    return [...missing]
  }

  /** Whether the person has pressed there: a view of the tables may not show yet what they have pressed in another one. */
  async function press(
    own: Random,
    view: View,
    articleId: string,
    userId: string,
    wanted: boolean,
  ): Promise<boolean> {
    const pair = pairOf(articleId, userId)
    if (view.writes === 'engine') {
      const op = own.chance(0.5)
        ? await send(articleId, userId, wanted)
        : (await own.pick(engines).set(articleId, userId, wanted)).op
      onTheWay.set(pair, op)
      presses.engine++
      return true
    }
    // Looked for first: a press on its way may arrive at any moment.
    const isOnTheWay = onTheWay.has(pair) && (await stillOnTheWay([pair])).length > 0
    const isShown = (await isInTables(articleId, userId)) !== wanted
    if (isShown && (await write(sql, articleId, userId, wanted, own))) {
      onTheWay.delete(pair)
      presses.tables++
      return true
    }
    const what = `${pair}: the tables ${isShown ? 'have changed meanwhile' : 'do not show the press before'}`
    expect(isOnTheWay, what).toBe(true)
    return false
  }

  /** A new person likes an article that is never unliked. */
  async function likeOnce(own: Random): Promise<void> {
    const articleId = own.pick(liked)
    const userId = randomUUID()
    const view = own.pick(views)
    const log = view.writes === 'engine' ? acknowledged : committed
    begun.set(articleId, begun.get(articleId)! + 1)
    await press(own, view, articleId, userId, true)
    wishes.set(pairOf(articleId, userId), true)
    log.get(articleId)!.push(awakeNow())
  }

  async function toggle(own: Random, userId: string): Promise<void> {
    const articleId = own.pick(toggled)
    const pair = pairOf(articleId, userId)
    const wanted = !wishes.get(pair)
    const view = own.pick(views)
    if (!(await press(own, view, articleId, userId, wanted))) return
    wishes.set(pair, wanted)
    if (view.writes === 'tables' && drainingSince < Number.POSITIVE_INFINITY && own.chance(0.2))
      await expectInRedis(own.pick(engines), articleId, userId, wanted)
  }

  /** What old code has committed is what the engine shows, in time. */
  async function expectInRedis(engine: Onecount, articleId: string, userId: string, wanted: boolean) {
    const committedAt = awakeNow()
    while (!isOver) {
      const askedAt = awakeNow()
      const state = (await engine.read([articleId], userId)).get(articleId)!
      if (state.liked === wanted) return
      if (isDue(committedAt, askedAt))
        expect(state, `committed ${askedAt - committedAt} ms before`).toMatchObject({ liked: wanted })
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }

  /** A reader of one view: numbers that never fall, and never miss what was acknowledged. */
  function createReader(own: Random, view: View): () => Promise<void> {
    const last = new Map<string, number>()
    let source = view.reads
    return async () => {
      if (source !== view.reads) last.clear()
      source = view.reads
      const articleId = own.pick(liked)
      const before = awakeNow()
      const here = source === 'engine' ? acknowledged : committed
      const there = source === 'engine' ? committed : acknowledged
      const certain =
        here.get(articleId)!.length + there.get(articleId)!.filter(at => isDue(at, before)).length
      const count = await (source === 'engine' ? readEngine(own, articleId) : readTables(articleId))
      const seen = {
        view: view.name,
        articleId,
        count,
        certain,
        possible: begun.get(articleId)!,
        last: last.get(articleId),
      }
      expect(count - base.get(articleId)!, JSON.stringify(seen)).toBeGreaterThanOrEqual(certain)
      expect(count - base.get(articleId)!, JSON.stringify(seen)).toBeLessThanOrEqual(begun.get(articleId)!)
      expect(count, JSON.stringify(seen)).toBeGreaterThanOrEqual(last.get(articleId) ?? 0)
      last.set(articleId, count)
    }
  }

  async function readTables(articleId: string): Promise<number> {
    return Number((await sql`select like_count from articles where id = ${articleId}`)[0]!.like_count)
  }

  async function readEngine(own: Random, articleId: string): Promise<number> {
    const state = (await own.pick(engines).read([articleId])).get(articleId)!
    expect(['redis', 'lagging']).toContain(state.source)
    return state.count!
  }

  /** Does this again and again, and holds between two times when the people are asked to. */
  async function live(act: () => Promise<void>): Promise<void> {
    while (!isOver && failure === undefined) {
      await held
      const acting = act()
      atWork.add(acting)
      await acting.catch(error => {
        failure ??= error
      })
      atWork.delete(acting)
      await new Promise(resolve => setTimeout(resolve, PACE_MS))
    }
  }

  const lives: Promise<void>[] = []
  return {
    presses,
    wishes,

    begin(seed: number): void {
      for (let n = 0; n < PEOPLE; n++) {
        const own = createRandom(seed + n)
        const userId = randomUUID()
        lives.push(live(() => (own.chance(0.4) ? likeOnce(own) : toggle(own, userId))))
      }
    },

    /** Readers check from here on, as counts are kept exactly. */
    beginReading(seed: number): void {
      for (const [n, view] of views.entries()) lives.push(live(createReader(createRandom(seed + n), view)))
    },

    /** @throws what a person or a reader has met, who presses no more since */
    assertWell(): void {
      if (failure !== undefined) throw failure
    },

    drainIsUp(): void {
      drainingSince = awakeNow()
    },
    drainIsDown(): void {
      drainingSince = Number.POSITIVE_INFINITY
    },

    /** Waits until this many more presses were made through tables, and through the engine. */
    async more(tables: number, engine: number): Promise<void> {
      const goal = { tables: presses.tables + tables, engine: presses.engine + engine }
      await expect
        .poll(() => failure !== undefined || (presses.tables >= goal.tables && presses.engine >= goal.engine))
        .toBe(true)
      if (failure !== undefined) throw failure
    },

    /** Runs `look` while no person presses. */
    async quiet<T>(look: () => Promise<T>): Promise<T> {
      held = new Promise(resolve => {
        release = resolve
      })
      try {
        while (atWork.size > 0) await Promise.allSettled(atWork)
        if (failure !== undefined) throw failure
        return await look()
      } finally {
        release()
        held = undefined
      }
    },

    /** Every press that the engine has acknowledged arrives in the tables. */
    async expectArrival(): Promise<void> {
      await expect.poll(() => stillOnTheWay([...onTheWay.keys()])).toEqual([])
    },

    /** Who likes an article, by what its people wanted last. */
    likersOf: (articleId: string): string[] =>
      [...wishes]
        .filter(([pair, isLiked]) => isLiked && pair.startsWith(`${articleId}|`))
        .map(([pair]) => pair.slice(articleId.length + 1))
        .sort(),

    async end(): Promise<void> {
      isOver = true
      release()
      await Promise.all(lives)
      if (failure !== undefined) throw failure
    },
  }
}

export type People = ReturnType<typeof createPeople>
