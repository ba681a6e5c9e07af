import { createBatcher } from './batcher'
import { createKeptOps, type KeptOps } from './kept-ops'
import { DEFAULT_KIND, scopeOf } from './kind'
import { background, later } from './later'
import type { LikesCache, LikesQuery } from './likes-cache'
import type { Caretaker } from './look-after'
import { createPost, type PostLikes } from './post'
import { ALL_LIKES, type LikeInput, likesKey } from './registers'
import type { Rereader } from './rereader'
import { createSteadyClock } from './steady-clock'
import { type LikesTransport, serverTime } from './transport'

/**
 * The client's likes of one kind. Lives as long as the provider, so a press survives the page that it was made on.
 * @example
 * const store = useLikesStore()
 * store.post(postId).receive({ count: 447, rev: said.rev })
 */
export class LikesStore<Cache extends LikesCache = LikesCache> {
  /**
   * For every age; the device's clock may be set while the page is open.
   * @internal
   */
  readonly clock = createSteadyClock()
  /**
   * Sets what this browser keeps of these likes apart from all others.
   * @internal
   */
  readonly scope: string
  /**
   * Presses that are kept until they are durable.
   * @internal
   */
  readonly ops: KeptOps
  /**
   * Reads one post; what is asked for within a frame is one request.
   * @internal
   */
  readonly load: (postId: string) => Promise<LikeInput | undefined>
  /** @internal */
  readonly posts = new Map<string, PostLikes>()
  /**
   * Subscriptions to events, and whether they are coming in.
   * @internal
   */
  readonly followers = new Set<{ hasJoined: boolean }>()
  /**
   * Reads again what events do not explain; `onecount/react/realtime` brings it.
   * @internal
   */
  rereader: Rereader | undefined
  /**
   * Looks after the page once it has been painted; undefined until it has been loaded.
   * @internal
   */
  caretaker: Caretaker | undefined
  /**
   * Where the next page finds whose this one is.
   * @internal
   */
  readonly note: string
  /** Whose likes the page shows, and whose presses are sent and kept; undefined: no server has named one. */
  session: string | undefined
  /**
   * When the answer was asked for that has named the session, by the clock; 0: the page alone has named it; undefined:
   * it is the last one that was named in this browser.
   * @internal
   */
  namedAt: number | undefined

  constructor(
    /** Where the likes are kept. */
    readonly queryClient: Cache,
    /** How the server is reached. */
    readonly transport: LikesTransport,
    /** `like`, where it is not another one. */
    readonly kind: string = DEFAULT_KIND,
  ) {
    this.scope = scopeOf(kind, transport.address)
    this.ops = createKeptOps(
      this.scope,
      () => serverTime(transport),
      undefined,
      () => this.session,
    )
    this.note = `onecount:session${this.scope}:`
    this.session = this.ops.use(storage => storage.getItem(this.note)) ?? undefined
    this.load = createBatcher(ids =>
      transport.read(ids).catch(error => background?.readApart(this, ids, error) ?? Promise.reject(error)),
    )
  }

  /**
   * The likes of one post: what is known of it, and the person's press.
   * @example
   * store.post(postId).set(true)
   */
  post(postId: string): PostLikes {
    const known = this.posts.get(postId) ?? createPost(this, postId)
    this.posts.set(postId, known)
    return known
  }

  /**
   * The server has answered what was asked for at `at`, and says whose the page is.
   * @returns false for an answer to a session that has gone since
   * @internal
   */
  identify({ session, liked, cached }: LikeInput, at: number): boolean {
    // What says nothing of hearts does not know who asks; what another tab has heard is no answer.
    if (cached || !(session || typeof liked === 'boolean')) return true
    const { namedAt } = this
    const isOther = session !== undefined && session !== this.session
    if (isOther && at < (namedAt ?? 0)) return false
    if (isOther) this.session = session
    this.namedAt = Math.max(namedAt ?? 0, at)
    if (isOther || !namedAt) later(({ changeSession }) => changeSession(this, isOther, namedAt))
    return true
  }

  /**
   * Whether a query is one of this kind's posts.
   * @internal
   */
  owns = ({ queryKey: [all, , kind] }: Pick<LikesQuery, 'queryKey'>): boolean =>
    all === ALL_LIKES[0] && kind === likesKey('', this.kind)[2]

  /**
   * Tries every unsaved press again now: the network is back, or the page is.
   * @example
   * store.retryAll()
   */
  retryAll(): void {
    for (const post of this.posts.values()) if (post.intent()?.phase === 'retrying') post.retry()
  }

  /**
   * Reads every post that a view shows again, in one request. A read that is under way is too old for this.
   * @example
   * store.refreshActive()
   */
  refreshActive(): void {
    this.queryClient.refetchQueries({ type: 'active', predicate: this.owns })
  }

  /**
   * Begins with what is not needed for the first paint, once it has been loaded. Returns what ends it.
   * @internal
   */
  start(): () => void {
    later(({ lookAfter }) => lookAfter(this).start())
    return () => later(({ lookAfter }) => lookAfter(this).stop())
  }
}
