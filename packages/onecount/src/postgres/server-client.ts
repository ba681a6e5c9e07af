/** Options of a Supabase client in a server that opens no socket. */
export const serverClient = () => ({
  auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  // Node 20 has no WebSocket of its own, and the client wants one even when it is not used.
  ...(typeof WebSocket === 'undefined' && { realtime: { transport: NoSocket as never } }),
})

class NoSocket {
  constructor() {
    throw new Error('this client has no Realtime')
  }
}
