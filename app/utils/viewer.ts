import { onecount } from './onecount'

/**
 * Whose hearts a page shows: a person's, else those of this browser's anonymous session. Null where it cannot be told
 * now: the page shows its counts, and no heart as the wrong one's.
 */
export async function viewerSession(): Promise<string | null> {
  try {
    return await onecount.getSession()
  } catch (error) {
    // The module may be there twice, in two bundles of Next.
    if (!(error instanceof Error && error.name === 'SignInUnavailable')) throw error
    console.error(`[huella] hearts of a page: ${error.message}`)
    return null
  }
}
