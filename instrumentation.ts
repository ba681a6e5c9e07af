/** Runs once when the server starts: the drain goes with it. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { startDrain } = await import('./app/utils/onecount/drain')
  startDrain()
}
