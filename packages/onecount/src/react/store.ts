import { createBatcher } from './batcher'
import { createKeptOps, type KeptOps } from './kept-ops'
import { DEFAULT_KIND, scopeOf } from './kind'
import { later } from './later'
import type { LikesCache, LikesQuery } from './likes-cache'
import type { Caretaker } from './look-after'
import { createPost, type PostLikes } from './post'
import { ALL_LIKES, type LikeInput, likesKey } from './registers'
import type { Rereader } from './rereader'
import { createSteadyClock } from './steady-clock'
import { type LikesTransport, serverTime } from './transport'

/** The client's likes of one kind. Lives as long as the provider, so a press survives the page that it was made on. */
export class LikesStore<Cache extends LikesCache = LikesCache> {
  /** For every age; the device's clock may be set while the page is open. */
  readonly clock = createSteadyClock()
  /** Sets what this browser keeps of these likes apart from all others. */
  readonly scope: string
  /** Presses that are kept until they are durable. */
  readonly ops: KeptOps
  /** Reads one post; what is asked for within a frame is one request. */
  readonly load: (postId: string) => Promise<LikeInput | undefined>
  readonly posts = new Map<string, PostLikes>()
  /** Subscriptions to events, and whether they are coming in. */
  readonly followers = new Set<{ hasJoined: boolean }>()
  /** Reads again what events do not explain; `onecount/react/realtime` brings it. */
  rereader: Rereader | undefined
  /** Looks after the page once it has been painted; undefined until it has been loaded. */
  caretaker: Caretaker | undefined

  constructor(
    readonly queryClient: Cache,
    readonly transport: LikesTransport,
    readonly kind: string = DEFAULT_KIND,
  ) {
    this.scope = scopeOf(kind, transport.address)
    this.ops = createKeptOps(`onecount:kept${this.scope}:`, () => serverTime(transport))
    this.load = createBatcher(ids => transport.read(ids))
  }

  /** The likes of one post: what is known of it, and the person's press. */
  post(postId: string): PostLikes {
    const known = this.posts.get(postId) ?? createPost(this, postId)
    this.posts.set(postId, known)
    return known
  }

  /** Whether a query is one of this kind's posts. */
  owns = ({ queryKey: [all, , kind] }: Pick<LikesQuery, 'queryKey'>): boolean =>
    all === ALL_LIKES[0] && kind === likesKey('', this.kind)[2]

  /** Tries every unsaved press again now: the network is back, or the page is. */
  retryAll(): void {
    for (const post of this.posts.values()) if (post.intent()?.phase === 'retrying') post.retry()
  }

  /** Reads every post that a view shows again, in one request. A read that is under way is too old for this. */
  refreshActive(): void {
    this.queryClient.refetchQueries({ type: 'active', predicate: this.owns })
  }

  /** Begins with what is not needed for the first paint, once it has been loaded. Returns what ends it. */
  start(): () => void {
    later(({ lookAfter }) => lookAfter(this).start())
    return () => later(({ lookAfter }) => lookAfter(this).stop())
  }
}
