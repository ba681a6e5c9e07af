/** Runs once when the server starts: what stands before Next, the API's settings, and the drain. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { onecount } = await import('./app/utils/onecount')
  onecount.register()
}
