'use client'

import { QueryClient, QueryClientContext } from '@tanstack/react-query'
import {
  createContext,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useState,
} from 'react'
import { createHttpTransport } from './http-transport'
import { DEFAULT_KIND } from './kind'
import { LikesStore } from './store'
import type { LikesTransport } from './transport'

/** The innermost provider of each kind. */
const StoresContext = createContext<ReadonlyMap<string, LikesStore<QueryClient>>>(new Map())

/**
 * The likes of a kind.
 *
 * @param kind default: `like`
 * @throws Error without a LikesProvider of this kind
 * @example
 * const { queryClient } = useLikesStore()
 */
export function useLikesStore(kind = DEFAULT_KIND): LikesStore<QueryClient> {
  const store = useContext(StoresContext).get(kind)
  if (!store) throw new Error(`No <LikesProvider> of the kind ${kind}: put one above`)
  return store
}

/** The likes of every kind that the page has. */
export const useLikesStores = (): LikesStore[] => [...useContext(StoresContext).values()]

interface ProviderOptions {
  /**
   * The application.
   * @default none
   */
  children?: ReactNode
  /**
   * Where the likes are kept.
   * @default the client of the nearest QueryClientProvider, or else one of its own
   */
  queryClient?: QueryClient
}

/** Props of `LikesProvider`. A kind other than `like` needs a transport of its own. */
export type LikesProviderProps = ProviderOptions &
  (
    | {
        /** @default 'like' */
        kind?: undefined
        /**
         * How the server is reached; of a kind `createHttpTransport({ baseUrl })`, where its API is.
         * @default `createHttpTransport()`, the HTTP API at /api/likes; required with `kind`
         */
        transport?: LikesTransport
      }
    | {
        /**
         * Which kind of likes these are, as the server names it.
         * @default 'like'
         */
        kind: string
        /** `createHttpTransport({ baseUrl })`, where the API of the kind is. */
        transport: LikesTransport
      }
  )

/**
 * Around everything that shows likes: once an application, and once more for each further kind. The options count as
 * they are at the first render. Makes no QueryClientProvider: an application's own queries find the client that the
 * application has given them.
 *
 * @example
 * <QueryClientProvider client={queryClient}>
 *   <LikesProvider>{children}</LikesProvider>
 * </QueryClientProvider>
 * @example
 * const bookmarks = createHttpTransport({ baseUrl: '/api/kinds/bookmark' })
 * return (
 *   <LikesProvider>
 *     <LikesProvider kind="bookmark" transport={bookmarks}>{children}</LikesProvider>
 *   </LikesProvider>
 * )
 */
export function LikesProvider({ children, queryClient, transport, kind }: LikesProviderProps): ReactElement {
  const nearest = useContext(QueryClientContext)
  const outer = useContext(StoresContext)
  const [store] = useState(() => {
    // The API of likes would take them for likes.
    if (kind && !transport) throw new Error(`<LikesProvider kind="${kind}"> needs a transport`)
    return new LikesStore(
      queryClient ?? nearest ?? new QueryClient(),
      transport ?? createHttpTransport(),
      kind,
    )
  })
  const stores = useMemo(() => new Map([...outer, [store.kind, store]]), [outer, store])

  useEffect(() => {
    // Counted, as a QueryClientProvider of the application mounts it as well.
    store.queryClient.mount()
    const stop = store.start()
    return () => {
      stop()
      store.queryClient.unmount()
    }
  }, [store])

  return <StoresContext.Provider value={stores}>{children}</StoresContext.Provider>
}
