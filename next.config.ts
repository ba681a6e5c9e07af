import type { NextConfig } from 'next'

const config: NextConfig = {
  cacheComponents: true,
  partialPrefetching: true,
  transpilePackages: ['onecount'],
  serverExternalPackages: ['ioredis', 'postgres', 'ws'],
  reactStrictMode: true,
  poweredByHeader: false,
  // `npm run dev -- --host`: by these names pages are opened from other machines.
  allowedDevOrigins: process.env.ONECOUNT_DEV_ORIGINS?.split(',').filter(Boolean) ?? [],
}

export default config
