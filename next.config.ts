import type { NextConfig } from 'next'

const config: NextConfig = {
  cacheComponents: true,
  partialPrefetching: true,
  transpilePackages: ['onecount'],
  serverExternalPackages: ['ioredis', 'postgres', 'ws'],
  reactStrictMode: true,
  poweredByHeader: false,
}

export default config
