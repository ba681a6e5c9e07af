/** What an application installs beside onecount for one subpath: packages of its code, and packages that hold types. */
export interface Needs {
  peers: string[]
  types: string[]
}

const NODE = ['@types/node']
const REACT: Needs = { peers: ['react', '@tanstack/react-query'], types: ['@types/react'] }
const NOTHING: Needs = { peers: [], types: [] }

/** Every subpath, and what it alone needs: no other peer may be asked for by its code or its types. */
export const NEEDS: Record<string, Needs> = {
  onecount: NOTHING,
  'onecount/client': NOTHING,
  'onecount/element': NOTHING,
  'onecount/element/bundle': NOTHING,
  'onecount/element/server': NOTHING,
  'onecount/http': { peers: [], types: NODE },
  'onecount/ioredis': { peers: ['ioredis'], types: NODE },
  'onecount/jose': { peers: ['jose'], types: [] },
  'onecount/metrics': { peers: ['prom-client'], types: NODE },
  'onecount/next': { peers: ['next', 'react', 'react-dom'], types: [...NODE, '@types/react'] },
  'onecount/postgres': NOTHING,
  'onecount/react': REACT,
  'onecount/react/realtime': { ...REACT, peers: [...REACT.peers, '@supabase/supabase-js'] },
  'onecount/react/summary': REACT,
  'onecount/react/supabase': { ...REACT, peers: [...REACT.peers, '@supabase/supabase-js'] },
  'onecount/redis': { peers: ['ioredis'], types: NODE },
  'onecount/supabase': { peers: ['@supabase/supabase-js'], types: NODE },
  'onecount/svelte': { peers: ['svelte'], types: [] },
  'onecount/testing': { peers: ['vitest'], types: NODE },
  'onecount/upstash': { peers: ['@upstash/redis'], types: NODE },
  'onecount/vue': { peers: ['vue'], types: [] },
}
