import { DEFAULT_KIND, type Kind } from '../core/kind'
import { idsOf } from '../core/kind-ids'
import type { Onecount } from '../core/onecount'
import { parseVariantId, variantId } from '../core/variants'
import { kindSettings } from './config'
import { connect } from './connect'
import type { Command } from './main'
import { parseOptions } from './parse-options'
import { STORE_OPTIONS, STORE_OPTIONS_HELP, UsageError } from './settings'

const HELP = `Takes likes or a post away, in both stores. What it has done is durable; it can be repeated at any time.

  npx onecount moderate remove-session SESSION    take back every like of a session
  npx onecount moderate merge-sessions FROM TO    give the likes of one session to another
  npx onecount moderate remove-post POST          remove a post with its likes; of a kind with variants the target
                                                  with all of them, by its own id or that of a variant

  --json           one JSON object on stdout
${STORE_OPTIONS_HELP}
  --help

Exit code: 0 done, 1 done as far as Postgres goes: Redis may hold likes of the session that were not drained (repeat it),
2 could not be done.`

const ACTIONS: Record<string, { takes: number; run(onecount: Onecount, ids: string[]): Promise<object> }> = {
  'remove-session': { takes: 1, run: (onecount, [session]) => onecount.removeSession(session!) },
  'merge-sessions': { takes: 2, run: (onecount, [from, to]) => onecount.mergeSessions(from!, to!) },
  'remove-post': {
    takes: 1,
    run: async (onecount, [post]) => ({
      posts: Number(await onecount.removePost(idToRemove(onecount.kind, post!))),
      complete: true,
    }),
  },
}

const NAMES = Object.keys(ACTIONS).join(', ')

/** Any variant stands for its target. */
const idToRemove = (kind: Kind, id: string): string =>
  kind.variants && parseVariantId(id) === null ? variantId(id, kind.variants[0]!) : id

/** Before a store is asked. @throws UsageError */
function assertIds(action: string, ids: string[], kind: Kind = DEFAULT_KIND): void {
  const { isPostId, isSessionId, postForm } = idsOf(kind)
  const isPost = action === 'remove-post'
  const wrong = ids.find(id => (isPost ? !isPostId(idToRemove(kind, id)) : !isSessionId(id)))
  if (wrong === undefined) return
  throw new UsageError(
    isPost
      ? `${action} ${wrong}: this is no id of a post: use ${postForm}`
      : `${action} ${wrong}: this is no id of a session: use one that is in the database`,
  )
}

export const moderate: Command = {
  summary: 'remove likes or a post, merge sessions',
  async run(args) {
    const { values, positionals } = parseOptions({
      args,
      allowPositionals: true,
      options: { json: { type: 'boolean' }, ...STORE_OPTIONS, help: { type: 'boolean' } },
    })
    if (values.help) {
      console.log(HELP)
      return 0
    }
    const [name = '', ...ids] = positionals
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
    if (!action)
      throw new UsageError(name ? `There is no action ${name}: use ${NAMES}` : `Say what to do: ${NAMES}`)
    if (ids.length !== action.takes)
      throw new UsageError(`${name} takes ${action.takes === 1 ? 'one id' : 'two ids'}, not ${ids.length}`)
    const settings = await kindSettings(values)
    assertIds(name, ids, settings.kind)
    const { onecount, close } = await connect(settings)
    try {
      const done = (await action.run(onecount, ids)) as { posts: number; complete: boolean }
      if (values.json) console.log(JSON.stringify(done))
      else
        console.log(
          `${done.posts} ${done.posts === 1 ? 'post' : 'posts'} changed${done.complete ? '' : ', Redis could not be drained: repeat it'}`,
        )
      return done.complete ? 0 : 1
    } finally {
      await close()
    }
  },
}
