/** What stands around an example in a program: the names that examples use and do not make, as they are declared. */

type Names = Record<string, string>

const constant = (type: string, ...names: string[]): Names =>
  Object.fromEntries(names.map(name => [name, `declare const ${name}: ${type}`]))
const imported = (from: string, ...names: string[]): Names =>
  Object.fromEntries(names.map(name => [name, `import { ${name} } from '${from}'`]))

const POST = `{ id: string; caption: string; image: string; likes: import('onecount/http').PageLikes }`
const ENGINES = `import('onecount').Engines<'like' | 'bookmark'>`
const NEXT = `import('onecount/next').OnecountNext<'like' | 'bookmark'>`
const LIKES_VIEW = `import('onecount/react').LikesView`
const LIKES_OBSERVER = `import('onecount/client').LikesObserver`

export const NAMES: Names = {
  ...constant('string', 'postId', 'sessionId', 'userId', 'anonymousId', 'commentId', 'id', 'ip', 'value'),
  ...constant('string', 'url', 'token', 'secret', 'secretKey', 'publishableKey'),
  ...constant('string[]', 'postIds', 'commentIds', 'ids', 'urls'),
  ...constant('boolean', 'isOffline'),
  ...constant(`import('onecount').Config<'like' | 'bookmark'>`, 'config'),
  ...constant(`import('onecount').Onecount`, 'onecount', 'reactions', 'engine', 'service'),
  ...constant(ENGINES, 'engines'),
  ...constant(`import('onecount').RedisPort`, 'redis'),
  ...constant(`import('onecount').PostgresPort`, 'postgres'),
  ...constant(`import('onecount').LikeState`, 'state'),
  ...constant(`import('ioredis').Redis`, 'client'),
  ...constant(`import('postgres').Sql`, 'sql'),
  ...constant('unknown', 'error'),
  ...constant('() => never', 'notFound'),
  ...constant(POST, 'post', 'article'),
  ...constant(`(${POST})[]`, 'posts'),
  ...constant('Request', 'request'),
  ...constant('Response', 'response'),
  ...constant('Headers', 'headers'),
  ...constant(`import('onecount/http').Handler`, 'handler'),
  ...constant(`import('onecount/http').OpenedSession`, 'session'),
  ...constant(`import('onecount/http').Limiter`, 'limiter'),
  ...constant(`import('onecount/http').SharedLimits`, 'shared'),
  ...constant(`import('onecount/http').OpenedPage`, 'page'),
  ...constant(`import('onecount/metrics').Metrics`, 'metrics'),
  ...constant(`import('onecount/postgres').PostgresJsConnection`, 'connection'),
  ...constant(
    `(name: string, args: import('onecount/postgres').RpcArgs) => Promise<unknown>`,
    'callFunction',
  ),
  ...constant(`{ use(path: string, listener: import('node:http').RequestListener): unknown }`, 'app'),
  ...constant(`(posts: unknown, likes: ReadonlyMap<string, unknown>) => string`, 'render'),
  ...constant('() => Promise<{ userId: string | null }>', 'auth'),
  ...constant('() => Promise<string>', 'getToken'),
  ...constant('(shown: unknown) => void', 'show'),
  ...constant('(text: string) => string', 'escape'),
  ...constant('HTMLButtonElement', 'button'),
  ...constant('HTMLImageElement', 'image'),
  ...constant(`import('onecount/react').LikesStore`, 'store'),
  ...constant('{ postId: string; likes: number; rev: number }', 'event', 'said'),
  ...constant(`import('onecount/client').Likes`, 'likes'),
  ...constant(LIKES_VIEW, 'like'),
  ...constant(`import('@tanstack/react-query').QueryClient`, 'queryClient'),
  ...constant(`import('react').ReactNode`, 'children'),
  ...constant(`(props: { post: ${POST} }) => import('react').ReactElement`, 'Card'),
  ...constant(`Partial<Record<import('onecount/react').LikeText, string>>`, 'spanish'),
  ...constant(`{ post: ${POST} }`, 'props'),
  ...constant(`import('vue').Component`, 'App'),
  ...imported('@supabase/supabase-js', 'createClient'),
  ...imported('@tanstack/react-query', 'QueryClientProvider'),
  ...imported('node:fs', 'writeFileSync'),
  ...imported('node:http', 'createServer'),
  ...imported('vue', 'createApp'),
}

/** By subpath, type or function: what has another meaning there. */
export const NAMES_OF: Record<string, Names> = {
  createKeys: constant(`import('ioredis').Redis`, 'redis'),
  connectPostgresJs: { postgres: `import postgres from 'postgres'` },
  postgresJsPort: { postgres: `import postgres from 'postgres'` },
  Ids: constant(`import('onecount').Ids`, 'ids'),
  StoreRefused: constant('Error & { code: string }', 'error'),
  OnecountNext: constant(NEXT, 'onecount'),
  'OnecountNext.register': {},
  LikesObserver: constant(LIKES_OBSERVER, 'like'),
  Likes: constant(LIKES_OBSERVER, 'like'),
  useLikeCounts: constant('{ id: string; likes: number }[]', 'posts'),
  'Metrics.text': constant(`import('node:http').ServerResponse`, 'response'),
  'onecount/svelte': { $props: `declare const $props: () => { post: ${POST} }` },
  'onecount/testing': {
    ...constant(
      `() => Promise<Omit<import('onecount/testing').PostgresUnderTest, 'port'>>`,
      'openTestDatabase',
    ),
    ...constant(`(database: unknown) => import('onecount').PostgresPort`, 'myPort'),
    ...constant(`() => Promise<import('onecount/testing').RedisUnderTest>`, 'startMyRedis'),
  },
}

/** Modules of an application that examples import. */
export const BESIDE: Names = {
  'onecount.ts': `export declare const onecount: ${NEXT}`,
  'onecount.config.ts': `declare const config: import('onecount').Config\nexport default config`,
  'supabase-browser.ts': `export declare const supabase: import('@supabase/supabase-js').SupabaseClient`,
}
