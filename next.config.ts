import type { NextConfig } from 'next'

/** One year. Browsers take it over HTTPS alone. */
const HSTS = { key: 'Strict-Transport-Security', value: 'max-age=31536000' }

/** Of every answer; pages get a policy with a nonce besides, from the proxy. */
const SECURITY = [
  { key: 'X-Content-Type-Options', value: 'nosniff' },
  { key: 'X-Frame-Options', value: 'DENY' },
  { key: 'Referrer-Policy', value: 'strict-origin-when-cross-origin' },
  { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=(), payment=(), usb=()' },
  { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
]

const FILE_POLICY = { key: 'Content-Security-Policy', value: "frame-ancestors 'none'; script-src 'self'" }

const config: NextConfig = {
  cacheComponents: true,
  partialPrefetching: true,
  serverExternalPackages: ['ioredis', 'postgres', 'ws'],
  reactStrictMode: true,
  poweredByHeader: false,
  // Addresses are the visitors' to invent: what is rendered for them stays in memory, which is bounded, not on the disk.
  // (`next dev` writes nothing there.)
  // In development pages have handlers without Next's own socket, too: with the debug channel React waits for it.
  experimental:
    process.env.NODE_ENV === 'production' ? { isrFlushToDisk: false } : { reactDebugChannel: false },
  // Not over the hearts of the phones on `/demo`.
  devIndicators: { position: 'bottom-right' },
  // `npm run dev -- --host`: by these names pages are opened from other machines.
  allowedDevOrigins: process.env.ONECOUNT_DEV_ORIGINS?.split(',').filter(Boolean) ?? [],
  headers: async () => [
    { source: '/:path*', headers: SECURITY },
    {
      source: '/:path*',
      has: [{ type: 'header', key: 'x-forwarded-proto', value: 'https(?:,.*)?' }],
      headers: [HSTS],
    },
    // A page that says there is no such file: the proxy does not see these addresses.
    {
      source: '/:path*.:extension(avif|css|gif|ico|jpg|jpeg|js|json|map|png|svg|txt|webmanifest|webp|xml)',
      headers: [FILE_POLICY],
    },
    { source: '/_next/:path*', headers: [FILE_POLICY] },
  ],
}

export default config
