import { defineConfig } from 'vitest/config'

/** They measure how long something takes, on all processors: no other file runs beside them. */
const TIMED = [
  'drill/*.test.ts',
  'bench/*.test.ts',
  'packages/onecount/test/{answer-times,failover,isolation,million-likes,plans,sizes}.test.ts',
  'packages/onecount/src/core/lease.test.ts',
]
const EXCLUDED = ['**/node_modules/**', '.next/**', 'packages/{react18,ioredis5}/**']

export default defineConfig({
  // `@/…` and the sources of the package, as for the compiler, Next.js and tsx.
  resolve: { tsconfigPaths: true },
  test: {
    globalSetup: 'packages/onecount/scripts/vitest-setup.ts',
    projects: [
      'packages/react18',
      'packages/ioredis5',
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{packages,app,dev,scripts,bench,drill,e2e/support}/**/*.test.{ts,tsx}'],
          exclude: [...EXCLUDED, ...TIMED],
          // Tests wait for stores more than they compute.
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: { name: 'timed', include: TIMED, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
    exclude: EXCLUDED,
    // React 18 of tests that render as a server does, in a document.
    onConsoleLog: log => !log.includes('useLayoutEffect does nothing on the server'),
    // What is waited for comes at once on a quiet machine; a busy one may take its time. A test that is about how long
    // something takes says so itself.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
  },
})
