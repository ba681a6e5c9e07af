'use client'

import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
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

interface LikesProviderProps {
  children: ReactNode
  /** The application's own client; without one a client is made. */
  queryClient?: QueryClient
  /** How the server is reached; without one, the HTTP API at /api/likes. */
  transport?: LikesTransport
}

/** Around everything that shows likes, once an application. */
export function LikesProvider({ children, queryClient, transport }: LikesProviderProps) {
  const [store] = useState(
    () => new LikesStore(queryClient ?? new QueryClient(), transport ?? createHttpTransport()),
  )

  useEffect(() => {
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
      window.removeEventListener('pageshow', onPageShow)
      window.removeEventListener('online', onOnline)
      window.removeEventListener('offline', onOffline)
      document.removeEventListener('visibilitychange', onVisible)
    }
  }, [store])

  return (
    <StoreContext.Provider value={store}>
      <QueryClientProvider client={store.queryClient}>{children}</QueryClientProvider>
    </StoreContext.Provider>
  )
}
