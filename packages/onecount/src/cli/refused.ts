import { DEFAULT_KIND, type Kind } from '../core/kind'
import { idsOf } from '../core/kind-ids'
import type { PairOp, PostgresPort, RefusedFilter, SetAsideOp } from '../core/ports'
import { countedType } from '../core/variants'
import { kindSettings } from './config'
import { assertAnswers, openPostgres } from './connect'
import type { Command } from './main'
import { parseOptions } from './parse-options'
import { STORE_OPTIONS, STORE_OPTIONS_HELP, UsageError } from './settings'
import { formatTable } from './table'

const HELP = `Lists the likes and unlikes that Postgres refused by a rule of its own, and that are set aside, with the reason.

  npx onecount refused [options]

  --retry          try them again, each as the press it was: those whose cause is gone count from then on
  --drop           forget them
  --post ID        of this post alone
  --session ID     of this session alone
  --json           one JSON object on stdout
${STORE_OPTIONS_HELP}
  --help

One that a newer press of its session has overtaken, or whose post is gone, is not listed and never lands.
Exit code: 0 none is left, 1 some are, 2 it could not be done.`

/** Ops in one call. */
const PAGE = 1000
/** Ops that are listed; all of them are counted. */
const LISTED = 100

export const refused: Command = {
  summary: 'list, retry or drop what Postgres refused',
  async run(args) {
    const { values } = parseOptions({
      args,
      options: {
        retry: { type: 'boolean' },
        drop: { type: 'boolean' },
        post: { type: 'string' },
        session: { type: 'string' },
        json: { type: 'boolean' },
        ...STORE_OPTIONS,
        help: { type: 'boolean' },
      },
    })
    if (values.help) {
      console.log(HELP)
      return 0
    }
    if (values.retry && values.drop) throw new UsageError('--retry or --drop: choose one of them')
    const settings = await kindSettings(values)
    const filter = parseFilter(values, settings.kind)
    const { port, end } = await openPostgres(settings)
    try {
      await assertAnswers(port, settings)
      const done = { landed: 0, dropped: 0 }
      if (values.retry)
        for await (const ops of pages(port, filter)) done.landed += (await port.retryRefused(ops)).landed
      if (values.drop)
        for await (const ops of pages(port, filter)) {
          await port.dropRefused(ops)
          done.dropped += ops.length
        }
      const left = await list(port, filter)
      console.log(values.json ? JSON.stringify({ ...done, ...left }) : format(values, done, left))
      return left.refused > 0 ? 1 : 0
    } finally {
      await end()
    }
  },
}

function parseFilter(
  { post, session }: { post?: string; session?: string },
  kind: Kind = DEFAULT_KIND,
): RefusedFilter {
  const { isPostId, isSessionId } = idsOf(kind)
  if (post !== undefined && !isPostId(post))
    throw new UsageError(
      `--post ${post} is no id of a post: use ${countedType(kind) === 'uuid' ? 'its UUID' : 'one that is listed'}`,
    )
  if (session !== undefined && !isSessionId(session))
    throw new UsageError(`--session ${session} is no id of a session: use one that is listed`)
  return { postId: post, sessionId: session }
}

async function* pages(port: PostgresPort, filter: RefusedFilter): AsyncGenerator<SetAsideOp[]> {
  for (let after: PairOp | null = null; ; ) {
    const page: SetAsideOp[] = await port.refused(filter, after, PAGE)
    if (page.length === 0) return
    yield page
    after = page.at(-1)!
  }
}

interface Left {
  refused: number
  listed: SetAsideOp[]
}

async function list(port: PostgresPort, filter: RefusedFilter): Promise<Left> {
  const left: Left = { refused: 0, listed: [] }
  for await (const ops of pages(port, filter)) {
    left.refused += ops.length
    left.listed.push(...ops.slice(0, LISTED - left.listed.length))
  }
  return left
}

function format(
  { retry, drop }: { retry?: boolean; drop?: boolean },
  { landed, dropped }: { landed: number; dropped: number },
  { refused, listed }: Left,
): string {
  const lines: string[] = []
  if (listed.length > 0)
    lines.push(
      formatTable([
        ['post', 'session', 'press', 'since', 'reason'],
        ...listed.map(op => [
          op.postId,
          op.sessionId,
          op.op % 2 === 1 ? 'like' : 'unlike',
          op.refusedAt,
          `${op.message} (${op.sqlstate})`,
        ]),
      ]),
    )
  if (refused > listed.length) lines.push(`The first ${listed.length} of ${refused}.`)
  if (retry) lines.push(`${landed} landed, ${refused} refused`)
  else if (drop) lines.push(`${dropped} dropped, ${refused} left`)
  else lines.push(refused === 0 ? 'Nothing is set aside.' : `${refused} set aside.`)
  return lines.join('\n')
}
