/** Runs once when the server starts: what stands before Next, the API's settings, and the drain. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { hookServers } = await import('./app/utils/onecount/server-hook')
  const { checkSettings } = await import('./app/utils/onecount/check-settings')
  const { startDrain } = await import('./app/utils/onecount/drain')
  hookServers()
  checkSettings()
  startDrain()
}
