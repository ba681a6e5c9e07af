import { defineConfig } from 'vitest/config'

export default defineConfig({
  // `@/…` and the sources of the package, as for the compiler, Next.js and tsx.
  resolve: { tsconfigPaths: true },
  test: {
    globalSetup: 'packages/onecount/scripts/vitest-setup.ts',
    include: ['{packages,app,dev,scripts,bench,drill,e2e/support}/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '.next/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What is waited for comes at once on a quiet machine; a busy one may take its time.
    expect: { poll: { timeout: 10_000 } },
  },
})
