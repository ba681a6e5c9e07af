/** The drain begins with the server. */
export async function register() {
  if (process.env.NEXT_RUNTIME === 'nodejs') (await import('./lib/likes')).likes()
}
