/** Runs once when the server starts: what stands before Next, the API's settings, the drain, and what `/ops` shows. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { onecount } = await import('./app/utils/onecount')
  onecount.register()
  const { hasOps, secretComplaint } = await import('./app/ops/access')
  const complaint = secretComplaint()
  if (complaint) console.error(`[onecount] ${complaint}`)
  if (hasOps()) (await import('./app/ops/report')).history()
}
