'use client'

import { QueryClient, QueryClientContext } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import { LikesStore } from './store'
import { shareBetweenTabs } from './tabs'
import { createHttpTransport, type LikesTransport } from './transport'

const StoreContext = createContext<LikesStore | null>(null)

/** A network that comes back comes back for all its devices, milliseconds. */
const ONLINE_SPREAD_MS = 700

/** The likes store of the nearest LikesProvider. */
export function useLikesStore(): LikesStore {
  const store = useContext(StoreContext)
  if (!store) throw new Error('useLikes needs a <LikesProvider> around it')
  return store
}

export interface LikesProviderProps {
  children?: ReactNode
  /** Where the likes are kept. Default: the client of the nearest QueryClientProvider, or else one of its own. */
  queryClient?: QueryClient
  /** How the server is reached. Default: `createHttpTransport()`, the HTTP API at /api/likes. */
  transport?: LikesTransport
}

/**
 * Around everything that shows likes, once an application. Both options count as they are at the first render. Makes no
 * QueryClientProvider: an application's own queries find the client that the application has given them.
 *
 * @example
 * <QueryClientProvider client={queryClient}>
 *   <LikesProvider>{children}</LikesProvider>
 * </QueryClientProvider>
 */
export function LikesProvider({ children, queryClient, transport }: LikesProviderProps) {
  const nearest = useContext(QueryClientContext)
  const [store] = useState(
    () => new LikesStore(queryClient ?? nearest ?? new QueryClient(), transport ?? createHttpTransport()),
  )

  useEffect(() => {
    // Counted, as a QueryClientProvider of the application mounts it as well.
    store.queryClient.mount()
    const leave = shareBetweenTabs(store)
    // A page from the back/forward cache comes back as it was left.
    const onPageShow = (event: PageTransitionEvent) => {
      if (event.persisted) store.refreshActive()
    }
    const catchUp = () => {
      store.retryAll()
      store.keeper.askNow()
    }
    const onOnline = () => {
      catchUp()
      store.refreshActive(ONLINE_SPREAD_MS)
    }
    // Reads fail at once, and then say so.
    const onOffline = () => store.refreshActive()
    const onVisible = () => {
      if (document.visibilityState !== 'visible') return
      catchUp()
      store.reading.resume()
    }
    store.keeper.start()
    store.reading.resume()
    window.addEventListener('pageshow', onPageShow)
    window.addEventListener('online', onOnline)
    window.addEventListener('offline', onOffline)
    document.addEventListener('visibilitychange', onVisible)
    return () => {
      leave()
      store.keeper.stop()
      store.reading.stop()
      store.queryClient.unmount()
      window.removeEventListener('pageshow', onPageShow)
      window.removeEventListener('online', onOnline)
      window.removeEventListener('offline', onOffline)
      document.removeEventListener('visibilitychange', onVisible)
    }
  }, [store])

  return <StoreContext.Provider value={store}>{children}</StoreContext.Provider>
}
