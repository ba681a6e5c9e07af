/**
 * Where visitors find this site, for addresses that leave it: previews of shared links, the sitemap. `SITE_URL`, on Vercel the
 * address of production, else this machine.
 *
 * @throws Error when `SITE_URL` is no address
 */
export function siteUrl(env: Record<string, string | undefined> = process.env): URL {
  const { SITE_URL, VERCEL_PROJECT_PRODUCTION_URL, PORT = '3000' } = env
  if (SITE_URL) {
    if (/^https?:/.test(SITE_URL) && URL.canParse(SITE_URL)) return new URL(SITE_URL)
    throw new Error(`SITE_URL: "${SITE_URL}" is no address: write it as https://app.example.com`)
  }
  return new URL(
    VERCEL_PROJECT_PRODUCTION_URL ? `https://${VERCEL_PROJECT_PRODUCTION_URL}` : `http://localhost:${PORT}`,
  )
}
